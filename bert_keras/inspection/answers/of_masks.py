"""Answers at a [MASK]: tokens."""

from typing import Any

import numpy as np

from bert_keras.inference import FillMask
from bert_keras.inspection.answers.answer import Answer, At, answer_of_rows, length_of
from bert_keras.inspection.answers.asked import expect_one_text


def of_mask(predictor: FillMask, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the logit of a token at a [MASK]."""
    expect_one_text(predictor, second_text)
    rows, number, vocabulary = predictor.rows([text]), 0 if at is None else at, predictor.tokenizer.vocabulary
    if not isinstance(number, int) or not 0 <= number < rows.num_masks[0]:
        raise ValueError(f"Expected at to be the number of a mask, 0 to {rows.num_masks[0] - 1}; received {at!r}.")
    token = predictor.results(rows, 1)[0][number][0][0] if answer is None else answer
    if token not in vocabulary.tokens:
        raise ValueError(f"Expected answer to be a token of the vocabulary, received {token!r}.")
    token_id = vocabulary.tokens.index(token)
    place = int(rows.inputs(np.array([0]), length_of(rows))["mask_positions"][0, number])
    model = getattr(predictor.model, "generator", predictor.model)  # a `ReplacedTokenPretrainer` guesses with one
    return answer_of_rows(
        predictor, rows, (text,), name=token, score=lambda outputs: outputs["mlm"][:, number, token_id],
        places=(place,), is_of_places=True, model=model,
    )  # fmt: skip
