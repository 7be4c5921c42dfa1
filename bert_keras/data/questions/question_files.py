"""Questions as they stand in files: SQuAD's layout and its kin, told apart by the keys of a row."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bert_keras.data.files.json_rows import JsonRow, read_json_rows

_ID, _TEXT = (str, int), (str,)
_IDS = ("id", "qid", "query_id", "key")
_QUESTIONS = ("question", "query_text", "query")
_ANSWERS = ("detected_answers", "answers", "answer", "answer_text")
_CONTEXTS = ("context", "context_text")


@dataclasses.dataclass
class QuestionInFile:
    """One question with its passage and answers as a file has them, and what is wrong.

    Attributes:
        place: Where it stands in the file.
        id: Its name; empty where the file gives none.
        question: The question.
        context: The passage.
        answers: (text, first character) of each answer; None for the character where the file does not say.
        is_impossible: Whether the file says that the passage does not answer.
        fault: Why there is no such question at all; None if all is well.
    """

    place: str
    id: str = ""
    question: str = ""
    context: str = ""
    answers: list[tuple[str, int | None]] = dataclasses.field(default_factory=list)
    is_impossible: bool = False
    fault: str | None = None


def questions_in_file(path: str | os.PathLike, encoding: str | None = None) -> Iterator[QuestionInFile]:
    """Yield the questions of a file; what a format has no use for is left alone, what it needs is checked."""
    own_keys = ("paragraphs", "qas", "context", "question", "questions")
    for row in read_json_rows(path, own_keys=own_keys, encoding=encoding):
        if row.problem:
            yield QuestionInFile(row.place, fault=row.problem)
            continue
        read = next((layout for keys, layout in _LAYOUTS if _has(row.value, keys)), None)
        if read is None:
            known = "; ".join(" and ".join(keys) for keys, _ in _LAYOUTS)
            yield QuestionInFile(row.place, fault=f"expected an object with {known}, received {str(row.value)[:80]}")
            continue
        yield from read(row)


def _has(value, keys: Sequence[str]) -> bool:
    return isinstance(value, dict) and all(key in value for key in keys)


def _article(row: JsonRow) -> Iterator[QuestionInFile]:
    """SQuAD, v1.1 and v2.0, and what has its layout: XQuAD, MLQA, DRCD, KorQuAD 1, CMRC 2018."""
    try:
        paragraphs = _field(row.value, ("paragraphs",), (list,))
    except ValueError as fault:
        yield QuestionInFile(row.place, fault=str(fault))
        return
    for number, paragraph in enumerate(paragraphs):
        yield from _paragraph(JsonRow(f"{row.place}.paragraphs[{number}]", paragraph))


def _paragraph(row: JsonRow) -> Iterator[QuestionInFile]:
    """Return a passage with its questions: a part of SQuAD's, CMRC 2018's older list, a line of MRQA's."""
    try:
        context = _field(row.value, _CONTEXTS, _TEXT)
        questions = _field(row.value, ("qas",), (list,))
    except ValueError as fault:
        yield QuestionInFile(row.place, fault=str(fault))
        return
    for number, fields in enumerate(questions):
        yield _question(fields, context, f"{row.place}.qas[{number}]")


def _flat(row: JsonRow) -> Iterator[QuestionInFile]:
    """One question a row, as the `datasets` library writes them."""
    try:
        context = _field(row.value, _CONTEXTS, _TEXT)
    except ValueError as fault:
        yield QuestionInFile(row.place, fault=str(fault))
        return
    question = _question(row.value, context, row.place)
    # Without a mark of its own, this layout says by empty lists that there is no answer.
    given = row.value.get("answers")
    question.is_impossible |= isinstance(given, dict) and given.get("text") == []
    question.is_impossible |= "answer_text" in row.value and given is None and not row.value["answer_text"]
    yield question


def _story(row: JsonRow) -> Iterator[QuestionInFile]:
    """NewsQA: a story, and questions whose answers are (start, end) in it."""
    try:
        context, questions = _field(row.value, ("text",), _TEXT), _field(row.value, ("questions",), (list,))
        name = str(row.value.get("storyId", row.place))
    except ValueError as fault:
        yield QuestionInFile(row.place, fault=str(fault))
        return
    for number, fields in enumerate(questions):
        found = QuestionInFile(f"{row.place}.questions[{number}]", f"{name}#{number}", context=context)
        try:
            found.question = _sound_question(_field(fields, ("q",), _TEXT))
            consensus = _field(fields, ("consensus",), (dict,))
            if "s" in consensus:
                start, end = _field(consensus, ("s",), (int,)), _field(consensus, ("e",), (int,))
                if not 0 <= start < end <= len(context):
                    raise ValueError(f"an answer from {start} to {end} in a text of {len(context)} characters")
                text = context[start:end]
                found.answers = [(text.strip(), start + len(text) - len(text.lstrip()))]
            found.is_impossible = not found.answers and bool(consensus.get("noAnswer") or consensus.get("badQuestion"))
        except ValueError as fault:
            found.fault = str(fault)
        yield found


def _nothing(row: JsonRow) -> Iterator[QuestionInFile]:
    """Return the first line of MRQA's files."""
    return iter(())


_LAYOUTS: tuple[tuple[tuple[str, ...], Callable[[JsonRow], Iterator[QuestionInFile]]], ...] = (
    (("paragraphs",), _article),
    (("qas",), _paragraph),
    (("context", "question"), _flat),
    (("text", "questions"), _story),
    (("header",), _nothing),
)


def _question(fields, context: str, place: str) -> QuestionInFile:
    found = QuestionInFile(place, context=context)
    try:
        found.id = str(_field(fields, _IDS, _ID, default=""))
        found.question = _sound_question(_field(fields, _QUESTIONS, _TEXT))
        found.is_impossible = bool(_field(fields, ("is_impossible",), (bool,), default=False))
        given = _given_answers(fields)
        found.answers = list(_answers(() if given is None else given, context))
    except ValueError as fault:
        found.fault = f"question {found.id!r}: {fault}" if found.id else str(fault)
    return found


def _sound_question(text: str) -> str:
    if not text.strip():
        raise ValueError("the question is empty")
    return text


def _given_answers(fields: dict):
    """Return the answers of a question as its row has them; also where text and place are fields of the row."""
    name = next((name for name in _ANSWERS if name in fields), None)
    if name is None:
        return ()
    given, start = fields[name], fields.get("answer_start")
    if name == "answer_text" and not given and start in (None, -1, []):
        return ()
    if isinstance(given, str) and start is not None:
        return {"text": given, "answer_start": start}
    if isinstance(given, list) and isinstance(start, list):
        return {"text": given, "answer_start": start}
    return given


def _answers(given, context: str) -> Iterator[tuple[str, int | None]]:
    """Return the answers in any of their forms: objects, texts alone, or one object of lists."""
    if isinstance(given, dict) and isinstance(given.get("text"), list):
        texts, starts = given["text"], _field(given, ("answer_start",), (list,))
        if len(texts) != len(starts):
            raise ValueError(f"answers have {len(texts)} texts and {len(starts)} values of answer_start")
        given = [{"text": text, "answer_start": start} for text, start in zip(texts, starts)]
    elif isinstance(given, (dict, str)):
        given = [given]
    if not isinstance(given, (list, tuple)):
        raise ValueError(f"'answers' must be a list, received {type(given).__name__}")
    for number, answer in enumerate(given):
        try:
            if isinstance(answer, str):
                yield answer, None
            elif isinstance(answer, dict) and "char_spans" in answer:  # MRQA's, up to their last character
                for start, last in answer["char_spans"]:
                    yield context[start : last + 1], start
            else:
                yield _field(answer, ("text",), _TEXT), _field(answer, ("answer_start",), (int,))
        except (ValueError, TypeError) as fault:
            raise ValueError(f"answers[{number}]: {fault}") from None


def _field(value, names: Sequence[str], types: tuple[type, ...], default: Any = None):
    """Return the value of the first of some keys that an object has, if it is of the right type."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object with {names[0]!r}, received {type(value).__name__}")
    name = next((name for name in names if name in value), None)
    if name is None:
        if default is not None:
            return default
        raise ValueError(f"the field {names[0]!r} is missing; the object has {', '.join(map(repr, value)) or 'none'}")
    if not isinstance(value[name], types) or (isinstance(value[name], bool) and bool not in types):
        expected = " or ".join(kind.__name__ for kind in types)
        raise ValueError(f"{name!r} must be {expected}, received {type(value[name]).__name__}")
    return value[name]
