"""Questions about passages from files in SQuAD's format (v1.1, v2.0, XQuAD, CMRC 2018), every fault with its place."""

import dataclasses
import logging
import os
from collections.abc import Iterable, Iterator

from bert_keras.json_text import parse_json

_logger = logging.getLogger(__name__)
_MAX_BYTES = 1 << 30
# What each kind of object may hold: {field: (types, whether it must be there)}.
_TEXT, _ID, _LIST, _FLAG = (str,), (str, int), (list,), (bool,)
_FILE = {"data": (_LIST, True), "version": ((str, int, float), False)}
_ARTICLE = {"paragraphs": (_LIST, True), "title": (_TEXT, False), "id": (_ID, False)}
_PARAGRAPH = {"context": (_TEXT, True), "qas": (_LIST, True), "id": (_ID, False), "document_id": (_ID, False)}
_QUESTION = {
    "id": (_ID, True), "question": (_TEXT, True), "answers": (_LIST, False), "is_impossible": (_FLAG, False),
    "plausible_answers": (_LIST, False),
}  # fmt: skip
_ANSWER = {"text": (_TEXT, True), "answer_start": ((int,), True), "answer_id": (_ID, False)}


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
    """

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...] = ()


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
    source: str | os.PathLike | Iterable[str | os.PathLike], *, has_answers: bool = True, errors: str = "raise"
) -> Questions:
    """Reads questions with their passages and answers.

    The layout is that of SQuAD: `data[].paragraphs[].{context, qas[].{id, question, answers[].{text, answer_start}}}`,
    in v2.0 with `is_impossible` and `plausible_answers`, which are not answers. Fields that none of the formats has are
    refused by name.

    Args:
        source: One JSON file or several.
        has_answers: False for a file to be answered, whose questions need no answers.
        errors: What to do with an answer whose text does not stand at its `answer_start`, and with a question that has
            no answer but is not marked impossible. `"raise"` stops. `"skip"` leaves the question out and logs how many
            there were. `"keep"` keeps such an answer without a place, and such a question as one without an answer:
            for evaluation, as official scores count every question. CMRC 2018's files need one of the two.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and question: the file is not JSON or has another layout, an id comes twice, or under
            `"raise"` a faulty answer; or there is no question at all.

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
    if errors not in ("raise", "skip", "keep"):
        raise ValueError(f"errors must be 'raise', 'skip' or 'keep', received {errors!r}")
    paths = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    questions, places, faults = [], {}, []
    for path in map(os.fspath, paths):
        for fields, context, place in _question_fields(path):
            name = str(fields["id"])
            place = f"{place}, question {name!r}"
            if name in places:
                raise ValueError(f"{place}: the same id came before, in {places[name]}")
            places[name] = place
            answers, problems = _answers(fields, context, has_answers, place)
            if problems and errors == "raise":
                raise ValueError(f"{place}: {problems[0]}; errors='skip' or 'keep' goes on")
            if problems:
                faults.append(f"{place}: {problems[0]}")
            if not problems or errors == "keep":
                questions.append(Question(name, fields["question"], context, answers))
    if faults:
        done = "skipped" if errors == "skip" else "kept, with faulty answers,"
        _logger.warning("%s %d of %d questions, the first: %s", done, len(faults), len(places), faults[0])
    if not questions:
        raise ValueError(f"no questions in {', '.join(map(os.fspath, paths))}" + (f": {faults[0]}" if faults else ""))
    return Questions(tuple(questions), len(faults) if errors == "skip" else 0)


def _question_fields(path: str) -> Iterator[tuple[dict, str, str]]:
    """Yields the fields of each question, its context, and where it stands."""
    content = _checked(_load(path), _FILE, path)
    for article_number, article in enumerate(content["data"]):
        place = f"{path}: data[{article_number}]"
        _checked(article, _ARTICLE, place)
        for number, paragraph in enumerate(article["paragraphs"]):
            paragraph_place = f"{place}.paragraphs[{number}]"
            _checked(paragraph, _PARAGRAPH, paragraph_place)
            for question_number, fields in enumerate(paragraph["qas"]):
                _checked(fields, _QUESTION, f"{paragraph_place}.qas[{question_number}]")
                yield fields, paragraph["context"], paragraph_place


def _answers(fields: dict, context: str, has_answers: bool, place: str) -> tuple[tuple[Answer, ...], list[str]]:
    """The answers of a question, and what is wrong with them."""
    is_impossible, answers, problems = fields.get("is_impossible", False), [], []
    for number, answer in enumerate(fields.get("answers", ())):
        _checked(answer, _ANSWER, f"{place}, answers[{number}]")
        text, start = answer["text"], answer["answer_start"]
        found = context[start : start + len(text)] if start >= 0 else ""
        if not text.strip():
            problems.append(f"answers[{number}] is empty")
            continue
        if found != text:
            problems.append(
                f"expected the answer {_shortened(text)} at answer_start={start} of the context, "
                f"found {_shortened(found)}"
            )
            start = None
        answers.append(Answer(text, start))
    if is_impossible and answers:
        problems.append("is_impossible is true, and yet there are answers")
        answers = []
    if has_answers and not answers and not problems and not is_impossible:
        problems.append("there is no answer, and is_impossible is not true")
    return tuple(answers), problems


def _load(path: str):
    if (size := os.path.getsize(path)) > _MAX_BYTES:
        raise ValueError(f"{path} has {size} bytes, expected at most {_MAX_BYTES}")
    with open(path, "rb") as file:
        try:
            return parse_json(file.read().decode("utf-8-sig"))
        except ValueError as error:
            raise ValueError(f"{path}: not JSON in UTF-8: {error}") from None


def _checked(value, schema: dict, place: str) -> dict:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: expected an object with {', '.join(schema)}, received {type(value).__name__}")
    if unknown := sorted(set(value) - set(schema)):
        raise ValueError(f"{place}: unknown field {unknown[0]!r}; known: {', '.join(schema)}")
    for name, (types, is_required) in schema.items():
        if name not in value:
            if is_required:
                raise ValueError(f"{place}: the field {name!r} is missing")
        elif not isinstance(value[name], types) or (isinstance(value[name], bool) and bool not in types):
            expected = " or ".join(kind.__name__ for kind in types)
            raise ValueError(f"{place}: {name!r} must be {expected}, received {type(value[name]).__name__}")
    return value


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
