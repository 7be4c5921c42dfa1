"""Questions about passages out of files in SQuAD's format and its kin, every fault with its place."""

import dataclasses
import logging
import os
from collections.abc import Iterable

from bert_keras.data.files.faults import Faults, NoExamples
from bert_keras.data.questions.question_files import QuestionInFile, questions_in_file

_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer that the annotators gave.

    Attributes:
        text: The answer.
        start: Its first character in the context (an index of a Python string); None where it is not known, so that
            the answer counts in scores but cannot be trained on.
    """

    text: str
    start: int | None = None


@dataclasses.dataclass(frozen=True)
class Question:
    """A question about a passage.

    Attributes:
        id: Its name in the file.
        question: The question.
        context: The passage that holds the answer.
        answers: All answers that count as right; none for a question that the passage does not answer.
        place: Where it stands in its file; empty without one.
    """

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...] = ()
    place: str = dataclasses.field(default="", compare=False, repr=False)


@dataclasses.dataclass(frozen=True)
class Questions:
    """Questions in the order of their files.

    Attributes:
        questions: The questions.
        num_skipped: Questions left out under `errors="skip"`.
    """

    questions: tuple[Question, ...]
    num_skipped: int = 0

    def __len__(self):
        return len(self.questions)

    def __iter__(self):
        return iter(self.questions)

    def __getitem__(self, index):
        return self.questions[index]


def read_questions(
    source: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    has_answers: bool = True,
    errors: str | Faults = "raise",
    encoding: str | None = None,
) -> Questions:
    """Read questions with their passages and answers.

    * SQuAD v1.1 and v2.0, and what has that layout (XQuAD, MLQA, DRCD, KorQuAD 1, CMRC 2018): one object, `data[]
      .paragraphs[].{context, qas[].{id, question, answers[].{text, answer_start}}}`; `is_impossible` says that there is
      no answer, and `plausible_answers` are none.
    * Rows as the `datasets` library writes them: `{"id", "question", "context", "answers": {"text": [...],
      "answer_start": [...]}}`, empty lists for no answer; also with `answer_text` and `answer_start` as fields of
      the row. Questions without an `id` are called by their number, from 1.
    * CMRC 2018's older list (`context_text`, `query_text`), whose answers have no place: they are looked up. The lines
      of MRQA, the stories of NewsQA.

    Each as JSON or JSON Lines, plain or `.gz`. Further keys are left alone.

    Args:
        source: One file or several.
        has_answers: False for a file to be answered, whose questions need no answers.
        errors: What to do with an answer whose text does not stand at its `answer_start`, and with a question that has
            no answer but is not marked impossible. `"raise"` stops. `"skip"` leaves the question out and logs how many
            there were. `"keep"` keeps such an answer without a place, and such a question as one without an answer:
            for evaluation, as official scores count every question. CMRC 2018's files need one of the two, its trial
            part, which has an empty question, `"skip"`.
            An `AllFaults` keeps all of them instead.
        encoding: As for `bert_keras.data.read_examples`; None for UTF-8, or UTF-16 with its mark.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and question: what is there is not JSON or has another layout (`"skip"` leaves it out), an
            id comes twice, or under `"raise"` a faulty answer; or there is no question at all.

    Example:
        >>> import json, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "questions.json")
        >>> qas = [{"id": "q1", "question": "Who sat?", "answers": [{"text": "The cat", "answer_start": 0}]}]
        >>> _ = path.write_text(json.dumps({"data": [{"paragraphs": [{"context": "The cat sat.", "qas": qas}]}]}))
        >>> read_questions(path)[0].answers
        (Answer(text='The cat', start=0),)

    Reference:
        https://arxiv.org/abs/1606.05250, https://arxiv.org/abs/1806.03822, https://arxiv.org/abs/1810.07366
    """
    is_gathering = isinstance(errors, Faults)
    faults, errors = (errors, "skip") if is_gathering else (Faults("skip"), errors)
    if errors not in ("raise", "skip", "keep"):
        raise ValueError(f"errors must be 'raise', 'skip' or 'keep', received {errors!r}")
    paths = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    questions, places, num_found, looked_up, spaced, num_without_id = [], {}, 0, [], [], 0
    for path in map(os.fspath, paths):
        for found in questions_in_file(path, encoding):
            num_found += 1
            if not found.id and not found.fault:
                found.id, num_without_id = str(num_found), num_without_id + 1
            place = f"{found.place}, question {found.id!r}"
            fault = f"{found.place}: {found.fault}" if found.fault else None
            if not fault and found.id in places:
                fault = f"{place}: the same id came before, in {places[found.id]}"
            if fault and errors != "skip":
                raise ValueError(f"{fault}; errors='skip' leaves it out")
            if fault:
                faults.add(fault, "questions that cannot be read")
                continue
            places[found.id] = place
            answers, problems = _answers(found, has_answers)
            if any(found.context.count(text) > 1 for text, start in found.answers if start is None):
                looked_up.append(place)
            if any(text.strip() and text != text.strip() for text, _ in found.answers):
                spaced.append(place)
            if problems and errors == "raise":
                raise ValueError(f"{place}: {problems[0]}; errors='skip' or 'keep' goes on")
            if problems:
                faults.add(f"{place}: {problems[0]}", "questions with a faulty answer")
            if not problems or errors == "keep":
                questions.append(Question(found.id, found.question, found.context, answers, found.place))
    for place in spaced:
        faults.doubt("an answer with spaces around it", place)
    if faults.count and not is_gathering:
        done = "skipped" if errors == "skip" else "kept, with faulty answers,"
        _logger.warning("%s %d of %d questions, the first: %s", done, faults.count, num_found, faults.first)
    if spaced and not is_gathering:
        message = "%d of %d questions have an answer with spaces around it, the first: %s"
        _logger.warning(message, len(spaced), num_found, spaced[0])
    if num_without_id:
        _logger.warning("%d of %d questions have no id: each is called by its number", num_without_id, num_found)
    if looked_up:
        _logger.warning(
            "%d of %d questions have an answer without a place that stands in the passage more than once: its first "
            "place is taken; the first such: %s", len(looked_up), num_found, looked_up[0],
        )  # fmt: skip
    if not questions:
        raise NoExamples(
            f"no questions in {', '.join(map(os.fspath, paths))}" + (f": {faults.first}" if faults.count else "")
        )
    return Questions(tuple(questions), faults.count if errors == "skip" else 0)


def _answers(found: QuestionInFile, has_answers: bool) -> tuple[tuple[Answer, ...], list[str]]:
    """Return the answers of a question, and what is wrong with them."""
    context, answers, problems = found.context, [], []
    for number, (text, start) in enumerate(found.answers):
        if not text.strip():
            problems.append(f"answers[{number}] is empty")
            continue
        if start is None:
            start = context.find(text)
            at = "in the context, which it has no answer_start for"
        else:
            at = f"at answer_start={start} of the context"
        there = context[start : start + len(text)] if start >= 0 else ""
        if there != text:
            problems.append(f"expected the answer {_shortened(text)} {at}, found {_shortened(there)}")
            start = None
        answers.append(Answer(text, start))
    if found.is_impossible and answers:
        problems.append("is_impossible is true, and yet there are answers")
        answers = []
    if has_answers and not answers and not problems and not found.is_impossible:
        problems.append("there is no answer, and is_impossible is not true")
    return tuple(answers), problems


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
