"""Answers in a passage, and that it has none."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bert_keras.data import Question, QuestionWindows
from bert_keras.inference import QuestionAnswerer
from bert_keras.inspection.answers.answer import Answer, At, answer_of_rows
from bert_keras.inspection.answers.asked import expect_nowhere, expect_second
from bert_keras.inspection.answers.pieces import named_piece


def of_question(predictor: QuestionAnswerer, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the logits of an answer's start and end, or of there being none."""
    passage = expect_second(predictor, second_text)
    expect_nowhere(predictor, at)
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
    return answer_of_rows(
        predictor, rows, (text, passage), name=named_piece(passage, start, end) if name else "no answer",
        numbers=(row,), is_of_places=True,
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
