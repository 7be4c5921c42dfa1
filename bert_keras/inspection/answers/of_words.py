"""Answers at words: tags, spans, triples, and relations of marked entities."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference import Predictor, RelationExtractor, SpanFinder, Tagger, TripleFinder
from bert_keras.inspection.answers.answer import Answer, At, answer_of_rows, length_of
from bert_keras.inspection.answers.asked import expect_nowhere, expect_one_text, number_of
from bert_keras.inspection.answers.pieces import named_piece
from bert_keras.tagging_schemes import OBJECT, SUBJECT


def of_tagger(predictor: Tagger, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the logit of a tag at a word, or the mean of several."""
    expect_one_text(predictor, second_text)
    rows = predictor.rows([text])
    offsets = rows.sentences.offsets[0]
    if answer is None or isinstance(answer, Mapping):
        found = _result(predictor, text, answer)
        first, behind = _words_of_span(found, offsets)
        tags = predictor.tags(rows)[0][first:behind]
        name = f"{found['label']} at {named_piece(text, found['start'], found['end'])}"
    else:
        first, behind = _expect_words(at, offsets, predictor)
        tags = [answer] * (behind - first)
        name = f"{answer} at {named_piece(text, offsets[first][0], offsets[behind - 1][1])}"
    numbers = [number_of(tag, predictor.model.labels, "tag") for tag in tags]
    row, places = _places_of_words(rows, [*range(first, behind)])

    def mean(logits):
        found = [logits[:, place, number] for place, number in zip(places, numbers, strict=True)]
        return sum(found[1:], found[0]) / len(found)

    return answer_of_rows(
        predictor, rows, (text,), name=name, score=mean, places=tuple(places), is_of_places=True, numbers=(row,)
    )


def of_span_finder(predictor: SpanFinder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the score of a span."""
    expect_one_text(predictor, second_text)
    rows = predictor.rows([text])
    offsets = rows.sentences.offsets[0]
    if answer is None or isinstance(answer, Mapping):
        found = _result(predictor, text, answer)
        label, (first, behind) = found["label"], _words_of_span(found, offsets)
    else:
        label, (first, behind) = answer, _expect_words(at, offsets, predictor)
    number = number_of(label, predictor.model.labels, "label")
    row, (begin, end) = _places_of_words(rows, [first, behind - 1])
    name = f"{predictor.model.labels[number]} at {named_piece(text, offsets[first][0], offsets[behind - 1][1])}"
    return answer_of_rows(
        predictor, rows, (text,), name=name, score=lambda outputs: outputs[:, number, begin, end], places=(begin, end),
        is_of_places=True, numbers=(row,),
    )  # fmt: skip


def of_triple_finder(predictor: TripleFinder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the sum of the four scores that a triple needs."""
    expect_one_text(predictor, second_text)
    expect_nowhere(predictor, at)
    rows = predictor.rows([text])
    offsets = rows.examples.offsets[0]
    found = _result(predictor, text, answer)
    number = number_of(found["relation"], predictor.model.relations, "relation")
    spans = [_words_of_span(found[name], offsets) for name in ("subject", "object")]
    row, places = _places_of_words(rows, [word for first, behind in spans for word in (first, behind - 1)])
    begin, end, object_begin, object_end = places

    def total(outputs):
        entities, heads, tails = (outputs[name] for name in ("entities", "heads", "tails"))
        of_entities = entities[:, SUBJECT, begin, end] + entities[:, OBJECT, object_begin, object_end]
        return of_entities + heads[:, number, begin, object_begin] + tails[:, number, end, object_end]

    subject, target = (named_piece(text, offsets[first][0], offsets[behind - 1][1]) for first, behind in spans)
    return answer_of_rows(
        predictor, rows, (text,), name=f"{subject} {found['relation']} {target}", score=total, places=tuple(places),
        is_of_places=True, numbers=(row,),
    )  # fmt: skip


def of_relation(predictor: RelationExtractor, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the logit of a relation between marked entities."""
    expect_one_text(predictor, second_text)
    expect_nowhere(predictor, at)
    rows, labels = predictor.rows([text]), predictor.model.labels
    label = answer["label"] if isinstance(answer, Mapping) else answer
    number = int(np.argmax(predictor.probabilities(rows)[0])) if label is None else number_of(label, labels, "class")
    positions = np.asarray(rows.inputs(np.array([0]), length_of(rows))["entity_positions"][0]).tolist()
    return answer_of_rows(
        predictor, rows, rows.examples.texts, name=labels[number], score=lambda outputs: outputs[:, number],
        places=(0, *positions), is_of_places=True,
    )  # fmt: skip


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
