"""What is asked of a predictor, checked: which answer, where, of how many texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bert_keras.inference import Predictor
from bert_keras.inspection.answers.answer import At


def number_of(answer: Any, names: Sequence[str], what: str) -> int:
    """Return the number of a class, tag or relation, given by its name or by the number."""
    if isinstance(answer, str) and answer in names:
        return list(names).index(answer)
    if isinstance(answer, (int, np.integer)) and not isinstance(answer, bool) and 0 <= answer < len(names):
        return int(answer)
    shown = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    raise ValueError(f"There is no {what} {answer!r}; expected one of {shown}, or a number from 0 to {len(names) - 1}.")


def expect_second(predictor: Predictor, second_text: Any) -> Any:
    """Return the second text, which must be there."""
    if second_text is None:
        raise ValueError(f"{type(predictor).__name__} answers of two texts: a second_text is missing.")
    return second_text


def expect_one_text(predictor: Predictor, second_text: Any) -> None:
    """Refuse a second text."""
    if second_text is not None:
        raise ValueError(
            f"{type(predictor).__name__} answers of one text; received a second_text, {second_text!r:.80}."
        )


def expect_nowhere(predictor: Predictor, at: At) -> None:
    """Refuse a place, where the answer is of the whole text."""
    if at is not None:
        raise ValueError(f"{type(predictor).__name__} answers of whole texts: expected at=None, received {at!r}.")
