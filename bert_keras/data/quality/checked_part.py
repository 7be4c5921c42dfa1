"""A part of any task as checks see it: what a model reads, what it is to answer, and where that stands."""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from bert_keras.data.classification.choices import Choices
from bert_keras.data.classification.examples import Examples
from bert_keras.data.generation.generation_examples import GenerationExamples
from bert_keras.data.matching.matching_examples import MatchingExamples
from bert_keras.data.matching.retrieval_set import RetrievalSet
from bert_keras.data.questions.questions import Questions
from bert_keras.data.tagging.relation_examples import RelationExamples
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.triple_examples import TripleExamples

CharacterSpan = tuple[int, int, str]
_NO_ANSWER = "no answer"


@dataclasses.dataclass(frozen=True)
class CheckedPart:
    """The examples of a part, in columns.

    Attributes:
        name: Of the part, such as "train".
        texts: All texts of each example, in their order.
        places: file:line of each.
        keys: What an example is known again by: two examples with one key are the same.
        passages: What is compared for nearness, where it is less than the key: the passages of questions; else None.
        answers: What is to be answered to each, as a text; None where nothing is, "" for an example without an answer.
        has_one_answer: Whether two answers to one key contradict each other.
        classes: Classes of each example, of spans one for each; None without classes.
        numbers: What a regression is to predict; None for other tasks.
        spans: (first character, the one behind the last, label) in the first text of each; None without spans.
        rows: How texts become rows of an encoder: "together" in one, "apart" in one each, "choices": the first with
            each of the others.
        longer: What becomes of rows that are too long: they are "cut", or become "windows".
        source: The file or folder that was read; places do not tell it of a part without examples.
    """

    name: str
    texts: tuple[tuple[str, ...], ...]
    places: tuple[str, ...]
    keys: tuple[str, ...]
    passages: tuple[str, ...] | None = None
    answers: tuple[str, ...] | None = None
    has_one_answer: bool = True
    classes: tuple[tuple[str, ...], ...] | None = None
    numbers: tuple[float, ...] | None = None
    spans: tuple[tuple[CharacterSpan, ...], ...] | None = None
    rows: Literal["together", "apart", "choices"] = "together"
    longer: Literal["cut", "windows"] = "cut"
    source: str = ""

    def __len__(self):
        return len(self.texts)

    @property
    def is_train(self) -> bool:
        """Whether it is the training part, the one of which rows may be left out."""
        return self.name == "train"


@functools.singledispatch
def checked_part(examples: Any, name: str) -> CheckedPart:
    """Return the examples of any task as checks see them.

    Args:
        examples: What a reader of `bert_keras.data` returns.
        name: Name of the part.

    Raises:
        TypeError: If no reader returns such a thing.

    Example:
        >>> from bert_keras.data import read_examples
        >>> part = checked_part(read_examples([("so good", "pos")], text_column=0, label_column=1), "train")
        >>> part.keys, part.answers, part.places
        (('so good',), ('pos',), ('example 0',))
    """
    raise TypeError(f"expected what a reader of bert_keras.data returns, received {type(examples).__name__}")


@checked_part.register
def _(examples: Examples, name: str) -> CheckedPart:
    seconds = [()] * len(examples) if examples.second_texts is None else zip(examples.second_texts)
    texts = tuple((text, *second) for text, second in zip(examples.texts, seconds, strict=True))
    names, numbers, classes = examples.label_names, None, None
    if examples.labels is not None and names is None:
        numbers = examples.labels
    elif examples.labels is not None:
        labels = (label if isinstance(label, tuple) else (label,) for label in examples.labels)
        classes = tuple(tuple(names[number] for number in label) for label in labels)
    return _part(name, texts, examples.places, classes=classes, numbers=numbers)


@checked_part.register
def _(examples: Choices, name: str) -> CheckedPart:
    texts = tuple((context, *some) for context, some in zip(examples.contexts, examples.choices, strict=True))
    labels = None if examples.labels is None else tuple((examples.label_names[x],) for x in examples.labels)
    return _part(name, texts, examples.places, classes=labels, rows="choices")


@checked_part.register
def _(sentences: TaggedSentences, name: str) -> CheckedPart:
    spans = classes = answers = None
    if sentences.spans is not None:
        spans = tuple(map(tuple, sentences.character_spans()))
        classes = tuple(tuple(label for *_, label in some) for some in spans)
        answers = tuple(_of_spans(text, some) for text, some in zip(sentences.texts, spans, strict=True))
    elif sentences.tags is not None:
        classes, answers = sentences.tags, tuple(map(" ".join, sentences.tags))
    return _part(
        name, tuple(zip(sentences.texts)), sentences.places, keys=tuple(map(" ".join, sentences.words)), spans=spans,
        classes=classes, answers=answers, longer="windows",
    )  # fmt: skip


@checked_part.register
def _(questions: Questions, name: str) -> CheckedPart:
    texts = tuple((question.question, question.context) for question in questions)
    answers = [sorted({answer.text for answer in question.answers}) or [_NO_ANSWER] for question in questions]
    has_impossible = any(not question.answers for question in questions)
    return _part(
        name, texts, tuple(question.place for question in questions), passages=tuple(text[1] for text in texts),
        classes=tuple((_NO_ANSWER if some == [_NO_ANSWER] else "answer",) for some in answers) if has_impossible
        else None, answers=tuple(map(" | ".join, answers)), longer="windows",
    )  # fmt: skip


@checked_part.register
def _(examples: RelationExamples, name: str) -> CheckedPart:
    classes = None if examples.labels is None else tuple(zip(examples.labels))
    marked = zip(examples.texts, examples.first_spans, examples.second_spans, strict=True)
    return _part(
        name, tuple(zip(examples.texts)), examples.places, keys=tuple(_marked(*some) for some in marked),
        classes=classes,
    )  # fmt: skip


@checked_part.register
def _(examples: TripleExamples, name: str) -> CheckedPart:
    answers = tuple("; ".join(sorted(map(" ".join, some))) for some in examples.quoted())
    classes = tuple(tuple(relation for *_, relation in some) for some in examples.triples)
    return _part(name, tuple(zip(examples.texts)), examples.places, classes=classes, answers=answers, longer="windows")


@checked_part.register
def _(examples: MatchingExamples, name: str) -> CheckedPart:
    labels, names = examples.labels, examples.label_names
    is_number = examples.kind == "scores" and labels and not isinstance(labels[0], tuple)
    return _part(
        name, examples.texts, examples.places, keys=tuple("\n".join(some[:2]) for some in examples.texts),
        classes=None if names is None else tuple((names[label],) for label in labels),
        numbers=labels if is_number else None, rows="apart",
    )  # fmt: skip


@checked_part.register
def _(collection: RetrievalSet, name: str) -> CheckedPart:
    return checked_part(collection.pairs(), name)


@checked_part.register
def _(examples: GenerationExamples, name: str) -> CheckedPart:
    targets = [()] * len(examples) if examples.targets is None else zip(examples.targets)
    texts = tuple((*turns, *target) for turns, target in zip(examples.turns, targets, strict=True))
    keys = tuple(map("\n".join, examples.turns))
    return _part(name, texts, examples.places, keys=keys, answers=examples.targets, has_one_answer=False)


def _part(
    name: str,
    texts: Sequence[tuple[str, ...]],
    places: Sequence[str],
    *,
    keys: tuple[str, ...] | None = None,
    classes: tuple[tuple[str, ...], ...] | None = None,
    numbers: tuple[float, ...] | None = None,
    answers: tuple[str, ...] | None = None,
    **fields: Any,
) -> CheckedPart:
    """Return a part; keys are all texts, and answers the classes or the numbers, where nothing else is said."""
    if answers is None and numbers is not None:
        answers = tuple(f"{number:g}" for number in numbers)
    elif answers is None and classes is not None:
        answers = tuple(map(", ".join, classes))
    places = tuple(places) or tuple(f"example {number}" for number in range(len(texts)))
    keys = tuple(map("\n".join, texts)) if keys is None else keys
    return CheckedPart(name, tuple(texts), places, keys, classes=classes, numbers=numbers, answers=answers, **fields)


def _of_spans(text: str, spans: Iterable[CharacterSpan]) -> str:
    return "; ".join(f"{label} {text[begin:end]!r} at {begin}" for begin, end, label in spans) or "nothing marked"


def _marked(text: str, first: tuple[int, int], second: tuple[int, int]) -> str:
    """Return a text with its entities marked: with others marked it is another example."""
    marks = sorted([(first[0], "<e1>"), (first[1], "</e1>"), (second[0], "<e2>"), (second[1], "</e2>")], reverse=True)
    for place, mark in marks:
        text = text[:place] + mark + text[place:]
    return text
