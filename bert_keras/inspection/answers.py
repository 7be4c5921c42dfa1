"""Which answer of a model is explained: for every task, one number that the model computes of a text."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.data import Examples, Question, QuestionWindows, Rows, TextRows, TokenIds, TokenizedTexts
from bert_keras.data.rows.length_batches import length_batches
from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference import (
    Chooser,
    Classifier,
    CrossEncoder,
    Embedder,
    FillMask,
    Predictor,
    QuestionAnswerer,
    RelationExtractor,
    SpanFinder,
    Tagger,
    TripleFinder,
)
from bert_keras.inspection.token_characters import NOWHERE, token_characters
from bert_keras.inspection.token_words import TokenWords, token_words
from bert_keras.keras_internals import layers_within
from bert_keras.models import BertEncoder
from bert_keras.tagging_schemes import OBJECT, SUBJECT
from bert_keras.types import Tensor

At = int | tuple[int, int] | None


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer of a model to a text, as a number that every method of attribution can compute again.

    Args:
        name: What is answered, such as "positive" or "B-person at London".
        texts: The raw texts, without markers.
        model: `keras.Model` that gives the answer.
        encoder: The encoder in it, whose embeddings stand for the tokens.
        inputs: The model's inputs for this text alone: int arrays of one row, or of one for each text of a match.
        tokens: The words, and which token belongs to which.
        score: From the model's outputs for `variants` of these inputs, end to end, to (variants,) numbers: before they
            become probabilities, where the model has such.
        vocabulary: Of the tokenizer.
        places: The positions whose vectors the head looks at; None where it looks at all of them.
        is_of_places: Whether the answer stands at positions, such as a tag, and would be lost if tokens moved.
    """

    name: str
    texts: tuple[str, ...]
    model: keras.Model
    encoder: BertEncoder
    inputs: dict[str, np.ndarray]
    tokens: TokenWords
    score: Callable[[Any], Tensor]
    vocabulary: TokenIds
    places: tuple[int, ...] | None = None
    is_of_places: bool = False


def answer_of(
    predictor: Predictor,
    text: str,
    second_text: str | Sequence[str] | None = None,
    *,
    answer: Any = None,
    at: At = None,
) -> Answer:
    """Say which number is explained.

    | predictor | `answer`, by default the one that it gives | what is explained |
    |---|---|---|
    | `Classifier` | a label, or its number | its logit; in a regression the number itself |
    | `CrossEncoder` | | the score of both texts, before it becomes a probability |
    | `Embedder` | | the cosine of the vectors of both texts |
    | `Chooser` | a choice by its number; the choices are the second text | its logit |
    | `Tagger` | a tag, with `at`; or a result of the tagger | its logit at the word; of several words the mean |
    | `SpanFinder` | a label, with `at`; or a result of the finder | the score of the span |
    | `TripleFinder` | a result of the finder | the sum of the four scores that must agree |
    | `RelationExtractor` | a relation, or its number; the text has markers | its logit |
    | `QuestionAnswerer` | a piece of the passage, the second text; or a result | the logits of its start and end |
    | `FillMask` | a token; `at` says which [MASK], 0 the first | its logit |
    | any | a function, from the model's outputs for several rows to a number for each | this number |

    A model of your own is explained as `Predictor(model, tokenizer)`, with such a function, where it is a `keras.Model`
    with one `BertEncoder` in it; or by a `Predictor` of your own. A text that does not fit into a row is cut, or seen
    through the window in which the answer stands: `tokens.num_unseen` says how many words the model has not seen.

    Args:
        predictor: One of `bert_keras.inference`, or of your own.
        text: The text; of `QuestionAnswerer` the question.
        second_text: The second text of a pair; the passage; of a `Chooser` the list of choices.
        answer: See above.
        at: The number of a word of the text by BERT's rules (`bert_keras.data.sentences_of_texts` shows them), or the
            first and the one after the last of several; the number of a [MASK].

    Raises:
        TypeError: If a text is no str, or the predictor needs a function as `answer`.
        ValueError: If there is no such class, word or token, the text has no words, or lacks a second text, or has one
            too many.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> from bert_keras.inference import Classifier
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"])
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=7)
        >>> model = TextClassifier(encoder, num_classes=2, labels=["no", "yes"])
        >>> found = answer_of(Classifier(model, tokenizer), "Good film", answer="yes")
        >>> found.name, len(found.tokens.words)
        ('yes', 2)
    """
    if not isinstance(text, str):
        raise TypeError(f"Expected one text, a str; received a {type(text).__name__}.")
    if callable(answer):
        return _of_function(predictor, text, second_text, answer)
    return _answer_of(predictor, text, second_text, answer, at)


@functools.singledispatch
def _answer_of(predictor: Predictor, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    raise TypeError(
        f"Expected answer to be a function from the outputs of a {type(predictor).__name__} for several rows to a "
        f"number for each, such as `lambda outputs: outputs[:, 0]`; received {answer!r}."
    )


# === Whole texts ===


@_answer_of.register
def _of_classifier(predictor: Classifier, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    model = predictor.model
    _expect_nowhere(predictor, at)
    rows = _text_rows(predictor, text, second_text)
    is_number = model.problem_type == "regression"
    if is_number or isinstance(predictor, CrossEncoder):
        if answer is not None:
            raise ValueError(f"The model gives a number and no classes: expected answer=None, received {answer!r}.")
        number, name = 0, "score"
    else:
        names = model.labels or [f"LABEL_{i}" for i in range(model.num_classes)]
        if answer is None:
            number = int(np.argmax(predictor.logits(rows)[0]))
        else:
            number = _number_of(answer, names, "class")
        name = names[number]
    return _answer(
        predictor, rows, _texts(text, second_text), name=name, score=lambda outputs: outputs[:, number],
        places=_looked_at(model),
    )  # fmt: skip


@_answer_of.register
def _of_cross_encoder(predictor: CrossEncoder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    return _of_classifier(predictor, text, _expect_second(predictor, second_text), answer, at)


@_answer_of.register
def _of_chooser(predictor: Chooser, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    choices = [second_text] if isinstance(second_text, str) else list(_expect_second(predictor, second_text))
    _expect_nowhere(predictor, at)
    rows = predictor.rows([text], [choices])
    number = int(np.argmax(predictor.logits(rows)[0])) if answer is None else _number_of(answer, choices, "choice")
    pairs = TokenizedTexts([text] * len(choices), choices, predictor.tokenizer, sequence_length=rows.sequence_length)
    length = _length_of(rows)
    characters = np.stack([token_characters(pairs, i, length, (text, some)) for i, some in enumerate(choices)])
    for i, of_pair in enumerate(characters):
        of_pair[of_pair[:, 0] == 1, 0] = 1 + i
    return _answer(
        predictor, rows, (text, *choices), name=choices[number], score=lambda outputs: outputs[:, number], places=(0,),
        characters=characters,
    )  # fmt: skip


@_answer_of.register
def _of_embedder(predictor: Embedder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    texts = (text, _expect_second(predictor, second_text))
    _expect_nowhere(predictor, at)
    if answer is not None:
        raise ValueError(f"The answer of an Embedder is the cosine of two texts: expected None, received {answer!r}.")
    rows, begin = predictor.rows(list(texts)), len(predictor.prompt)
    length, characters = _length_of(rows), []
    for number, some in enumerate(texts):
        found = token_characters(rows, number, length, (predictor.prompt + some,))
        found[found[:, 0] == 0, 0] = number
        found[:, 1:] = np.maximum(found[:, 1:] - begin, 0)
        found[found[:, 2] == 0] = NOWHERE  # special, or of the prompt
        characters.append(found)

    def cosine(vectors):
        vectors = ops.reshape(vectors, (-1, 2, vectors.shape[-1]))
        first, second = vectors[:, 0], vectors[:, 1]
        lengths = ops.norm(first, axis=-1) * ops.norm(second, axis=-1)
        return ops.sum(first * second, axis=-1) / ops.maximum(lengths, 1e-12)

    return _answer(
        predictor, rows, texts, name="cosine", score=cosine, places=_looked_at(predictor.model),
        characters=np.stack(characters), numbers=(0, 1), model=predictor.model.text_model,
        encoder=predictor.model.encoder,
    )  # fmt: skip


# === Words and spans ===


@_answer_of.register
def _of_tagger(predictor: Tagger, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    _expect_one_text(predictor, second_text)
    rows = predictor.rows([text])
    offsets = rows.sentences.offsets[0]
    if answer is None or isinstance(answer, Mapping):
        found = _result(predictor, text, answer)
        first, behind = _words_of_span(found, offsets)
        tags = predictor.tags(rows)[0][first:behind]
        name = f"{found['label']} at {text[found['start'] : found['end']]}"
    else:
        first, behind = _expect_words(at, offsets, predictor)
        tags, name = [answer] * (behind - first), f"{answer} at {text[offsets[first][0] : offsets[behind - 1][1]]}"
    numbers = [_number_of(tag, predictor.model.labels, "tag") for tag in tags]
    row, places = _places_of_words(rows, [*range(first, behind)])

    def mean(logits):
        found = [logits[:, place, number] for place, number in zip(places, numbers, strict=True)]
        return sum(found[1:], found[0]) / len(found)

    return _answer(
        predictor, rows, (text,), name=name, score=mean, places=tuple(places), is_of_places=True, numbers=(row,)
    )


@_answer_of.register
def _of_span_finder(predictor: SpanFinder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    _expect_one_text(predictor, second_text)
    rows = predictor.rows([text])
    offsets = rows.sentences.offsets[0]
    if answer is None or isinstance(answer, Mapping):
        found = _result(predictor, text, answer)
        label, (first, behind) = found["label"], _words_of_span(found, offsets)
    else:
        label, (first, behind) = answer, _expect_words(at, offsets, predictor)
    number = _number_of(label, predictor.model.labels, "label")
    row, (begin, end) = _places_of_words(rows, [first, behind - 1])
    name = f"{predictor.model.labels[number]} at {text[offsets[first][0] : offsets[behind - 1][1]]}"
    return _answer(
        predictor, rows, (text,), name=name, score=lambda outputs: outputs[:, number, begin, end], places=(begin, end),
        is_of_places=True, numbers=(row,),
    )  # fmt: skip


@_answer_of.register
def _of_triple_finder(predictor: TripleFinder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    _expect_one_text(predictor, second_text)
    _expect_nowhere(predictor, at)
    rows = predictor.rows([text])
    offsets = rows.examples.offsets[0]
    found = _result(predictor, text, answer)
    number = _number_of(found["relation"], predictor.model.relations, "relation")
    spans = [_words_of_span(found[name], offsets) for name in ("subject", "object")]
    row, places = _places_of_words(rows, [word for first, behind in spans for word in (first, behind - 1)])
    begin, end, object_begin, object_end = places

    def total(outputs):
        entities, heads, tails = (outputs[name] for name in ("entities", "heads", "tails"))
        of_entities = entities[:, SUBJECT, begin, end] + entities[:, OBJECT, object_begin, object_end]
        return of_entities + heads[:, number, begin, object_begin] + tails[:, number, end, object_end]

    subject, target = (text[offsets[first][0] : offsets[behind - 1][1]] for first, behind in spans)
    return _answer(
        predictor, rows, (text,), name=f"{subject} {found['relation']} {target}", score=total, places=tuple(places),
        is_of_places=True, numbers=(row,),
    )  # fmt: skip


@_answer_of.register
def _of_relation(predictor: RelationExtractor, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    _expect_one_text(predictor, second_text)
    _expect_nowhere(predictor, at)
    rows, labels = predictor.rows([text]), predictor.model.labels
    label = answer["label"] if isinstance(answer, Mapping) else answer
    number = int(np.argmax(predictor.probabilities(rows)[0])) if label is None else _number_of(label, labels, "class")
    positions = np.asarray(rows.inputs(np.array([0]), _length_of(rows))["entity_positions"][0]).tolist()
    return _answer(
        predictor, rows, rows.examples.texts, name=labels[number], score=lambda outputs: outputs[:, number],
        places=(0, *positions), is_of_places=True,
    )  # fmt: skip


@_answer_of.register
def _of_question(predictor: QuestionAnswerer, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    passage = _expect_second(predictor, second_text)
    _expect_nowhere(predictor, at)
    rows = predictor.rows([Question("0", text, passage)])
    found = predictor.results(rows)[0] if answer is None else answer
    if isinstance(found, Mapping):
        name, start, end = found["answer"], found["start"], found["end"]
    else:
        name, start = found, passage.find(found) if isinstance(found, str) and found else -1
        if start < 0:
            raise ValueError(f"Expected answer to be a piece of the passage, received {found!r}, which is not in it.")
        end = start + len(found)
    row, first, last = _place_of_answer(rows, start, end) if name else _place_of_none(predictor, rows)
    return _answer(
        predictor, rows, (text, passage), name=name or "no answer", numbers=(row,), is_of_places=True,
        score=lambda outputs: outputs["start"][:, first] + outputs["end"][:, last], places=(first, last),
    )  # fmt: skip


def _place_of_answer(rows: QuestionWindows, start: int, end: int) -> tuple[int, int, int]:
    """Return the window that shows some characters of the passage with most around them, and their tokens in it."""
    found = []
    for number in range(len(rows)):
        begin, starts, ends, has_most = rows.context_tokens(number)
        tokens = np.flatnonzero((ends > start) & (starts < end))
        if len(tokens) and starts[tokens[0]] <= start and ends[tokens[-1]] >= end:
            found.append((not has_most[tokens[0]], number, begin + int(tokens[0]), begin + int(tokens[-1])))
    if not found:
        raise ValueError(
            f"No row of {rows.sequence_length} tokens shows all of the answer at the characters {start} to {end}: name "
            "a shorter piece of the passage, or choose a larger sequence_length."
        )
    return min(found)[1:]


def _place_of_none(predictor: QuestionAnswerer, rows: QuestionWindows) -> tuple[int, int, int]:
    """Return the window in which the score that the passage does not say is lowest, as it counts; and [CLS] in it."""
    sums = [outputs["start"][0] + outputs["end"][0] for outputs in predictor.outputs_of(rows)]
    return int(np.argmin(sums)), 0, 0


@_answer_of.register
def _of_mask(predictor: FillMask, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    _expect_one_text(predictor, second_text)
    rows, number, vocabulary = predictor.rows([text]), 0 if at is None else at, predictor.tokenizer.vocabulary
    if not isinstance(number, int) or not 0 <= number < rows.num_masks[0]:
        raise ValueError(f"Expected at to be the number of a mask, 0 to {rows.num_masks[0] - 1}; received {at!r}.")
    token = predictor.results(rows, 1)[0][number][0][0] if answer is None else answer
    if token not in vocabulary.tokens:
        raise ValueError(f"Expected answer to be a token of the vocabulary, received {token!r}.")
    token_id = vocabulary.tokens.index(token)
    place = int(rows.inputs(np.array([0]), _length_of(rows))["mask_positions"][0, number])
    model = getattr(predictor.model, "generator", predictor.model)  # a `ReplacedTokenPretrainer` guesses with one
    return _answer(
        predictor, rows, (text,), name=token, score=lambda outputs: outputs["mlm"][:, number, token_id],
        places=(place,), is_of_places=True, model=model,
    )  # fmt: skip


# === Models of one's own ===


def _of_function(predictor: Predictor, text: str, second_text: Any, function: Callable) -> Answer:
    """Explain what a function makes of the outputs of any predictor's model."""
    texts = _texts(text, second_text)
    if isinstance(predictor, QuestionAnswerer):
        rows = predictor.rows([Question("0", text, _expect_second(predictor, second_text))])
    elif isinstance(predictor, Classifier):
        rows = _text_rows(predictor, text, second_text)
    elif type(predictor).rows is Predictor.rows:
        seconds = None if second_text is None else [second_text]
        rows = TokenizedTexts([text], seconds, predictor.tokenizer, sequence_length=predictor.sequence_length)
    else:
        rows = predictor.rows(*([some] for some in texts))
    if isinstance(predictor, RelationExtractor):
        texts = rows.examples.texts
    name = getattr(function, "__name__", type(function).__name__)
    model = predictor._network
    return _answer(predictor, rows, texts, name="answer" if name == "<lambda>" else name, score=function, model=model)


# === What all share ===


def _answer(
    predictor: Predictor, rows: Rows, texts: Sequence[str], *, name: str, score: Callable,
    characters: np.ndarray | None = None, numbers: Sequence[int] = (0,), model: keras.Model | None = None,
    encoder: BertEncoder | None = None, **fields: Any,
) -> Answer:  # fmt: skip
    """Put together the inputs, the words and the score of an answer."""
    model, length = model or predictor.model, _length_of(rows)
    inputs = {name: np.asarray(value) for name, value in rows.inputs(np.array(numbers), length).items()}
    if isinstance(taken := getattr(model, "input", None), dict):
        inputs = {name: value for name, value in inputs.items() if name in taken}
    if characters is None:
        characters = np.stack([token_characters(rows, number, length, texts) for number in numbers])
    return Answer(
        name, tuple(texts), model, encoder or _encoder_of(model), inputs, token_words(texts, characters), score,
        predictor.tokenizer.vocabulary, **fields,
    )  # fmt: skip


def _encoder_of(model: keras.Model) -> BertEncoder:
    if isinstance(encoder := getattr(model, "encoder", model), BertEncoder):
        return encoder
    found = [layer for layer in layers_within(model) if isinstance(layer, BertEncoder)]
    if len(found) != 1:
        raise ValueError(
            f"Expected a model with one BertEncoder, or with its encoder as attribute `encoder`; {model.name} has "
            f"{len(found)}."
        )
    return found[0]


def _length_of(rows: Rows) -> int:
    """Return a length for all rows, where models are compiled for each one of few."""
    return max(length for _, length in length_batches(rows.row_lengths, sequence_length=rows.sequence_length))


def _text_rows(predictor: Classifier, text: str, second_text: str | None) -> TextRows:
    """Make the one row of a text, cut where it is too long: pieces of it would be answered apart."""
    seconds = None if second_text is None else (second_text,)
    return TextRows(Examples((text,), seconds), predictor.tokenizer, sequence_length=predictor.sequence_length)


def _texts(text: str, second_text: str | None) -> tuple[str, ...]:
    return (text,) if second_text is None else (text, second_text)


def _looked_at(model: keras.Model) -> tuple[int, ...] | None:
    """Return the places that a pooling looks at."""
    return None if getattr(model, "pooling", "mean") in ("mean", "max") else (0,)


def _places_of_words(rows: WordRows, words: Sequence[int]) -> tuple[int, list[int]]:
    """Return a row that shows some words, the one with most around the first, and where they stand in it."""
    held = [
        (row, window)
        for row, (_, window) in enumerate(rows.windows)
        if window.start <= min(words) and max(words) < window.end
    ]
    if not held:
        raise ValueError(f"No row of {rows.sequence_length} tokens shows all of these words: the text was cut there.")
    row, window = next(((r, w) for r, w in held if w.owned_start <= words[0] < w.owned_end), held[0])
    positions = rows.positions_of_words(row)
    return row, [int(positions[word - window.start]) for word in words]


def _result(predictor: Predictor, text: str, answer: Mapping | None) -> Mapping:
    """Return the answer that is asked for, or the surest that the predictor gives."""
    if answer is not None:
        if not isinstance(answer, Mapping):
            raise ValueError(f"Expected answer to be a result of {type(predictor).__name__}, received {answer!r}.")
        return answer
    if not (found := predictor(text)):
        raise ValueError(
            f"{type(predictor).__name__} finds nothing in {text[:80]!r}, and nothing to explain: give an answer, and "
            "with at=WORD_NUMBER where it would stand."
        )
    return max(found, key=lambda result: result["score"])


def _words_of_span(span: Mapping, offsets: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the first word of a span of characters, and the one after its last."""
    inside = [i for i, (start, end) in enumerate(offsets) if start < span["end"] and end > span["start"]]
    if not inside:
        raise ValueError(f"No word stands at the characters {span['start']} to {span['end']}.")
    return inside[0], inside[-1] + 1


def _expect_words(at: At, offsets: Sequence[tuple[int, int]], predictor: Predictor) -> tuple[int, int]:
    """Return the first word that is meant, and the one after the last."""
    if at is None:
        raise ValueError(
            f"{type(predictor).__name__} answers for each word: say which by at=WORD_NUMBER, 0 to {len(offsets) - 1}, "
            "or at=(FIRST, AFTER_LAST); or give one of its results as answer."
        )
    first, behind = (at, at + 1) if isinstance(at, int) else at
    if not 0 <= first < behind <= len(offsets):
        raise ValueError(
            f"Expected words from 0 to {len(offsets) - 1}, for the text has {len(offsets)}; received {at}."
        )
    return first, behind


def _number_of(answer: Any, names: Sequence[str], what: str) -> int:
    if isinstance(answer, str) and answer in names:
        return list(names).index(answer)
    if isinstance(answer, (int, np.integer)) and not isinstance(answer, bool) and 0 <= answer < len(names):
        return int(answer)
    shown = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    raise ValueError(f"There is no {what} {answer!r}; expected one of {shown}, or a number from 0 to {len(names) - 1}.")


def _expect_second(predictor: Predictor, second_text: Any) -> Any:
    if second_text is None:
        raise ValueError(f"{type(predictor).__name__} answers of two texts: a second_text is missing.")
    return second_text


def _expect_one_text(predictor: Predictor, second_text: Any) -> None:
    if second_text is not None:
        raise ValueError(
            f"{type(predictor).__name__} answers of one text; received a second_text, {second_text!r:.80}."
        )


def _expect_nowhere(predictor: Predictor, at: At) -> None:
    if at is not None:
        raise ValueError(f"{type(predictor).__name__} answers of whole texts: expected at=None, received {at!r}.")
