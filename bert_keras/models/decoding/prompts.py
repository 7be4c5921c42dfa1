"""Prompts of unlike length as rows that end together, with room behind them."""

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

_WIDTH_MULTIPLE = 16  # each width is compiled anew


class Rows(NamedTuple):
    """Rows to be written on.

    Padding stands before the prompts, so that all rows go on in the same slot; positions count without it.

    Attributes:
        token_ids: (batch, slots) int32, the prompts, and 0 before and behind them.
        padding_mask: (batch, slots) int32, 0 before the prompts, 1 in them and behind them.
        segment_ids: (batch, slots) int32.
    """

    token_ids: np.ndarray
    padding_mask: np.ndarray
    segment_ids: np.ndarray


def writing_rows(
    prompts: Any, *, max_new_tokens: int, max_sequence_length: int, vocabulary_size: int, written_segment: int = 0
) -> Rows:
    """Bring prompts into rows.

    Args:
        prompts: list of lists of token ids; (batch, length) int array; or dict of `token_ids`, and optionally
            `padding_mask` and `segment_ids`, (batch, length) int arrays: padding may stand anywhere.
        max_new_tokens: number of slots behind the prompts.
        max_sequence_length: most tokens that a row may have in the end.
        vocabulary_size: number of tokens.
        written_segment: segment of the slots behind the prompts.

    Raises:
        ValueError: where a prompt has no token, is too long, or has an id that is none.

    Example:
        >>> from bert_keras.models.decoding.prompts import writing_rows
        >>> options = {"max_new_tokens": 2, "max_sequence_length": 512, "vocabulary_size": 100}
        >>> rows = writing_rows([[5, 6, 7], [8]], **options)
        >>> rows.token_ids[:, -5:].tolist(), rows.padding_mask[:, -5:].tolist()
        ([[5, 6, 7, 0, 0], [0, 0, 8, 0, 0]], [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])
    """
    texts, segments = _texts(prompts)
    if not texts:
        raise ValueError("Expected at least one prompt to go on from, received none.")
    for number, text in enumerate(texts, 1):
        if not len(text):
            raise ValueError(
                f"Prompt number {number} has no token. To write from nothing, give it the token that texts begin with."
            )
        if len(text) + max_new_tokens > max_sequence_length:
            raise ValueError(
                f"Prompt number {number} has {len(text)} tokens, and max_new_tokens={max_new_tokens} more make "
                f"{len(text) + max_new_tokens}; the encoder has {max_sequence_length} positions. Cut the prompt, or "
                "ask for fewer new tokens."
            )
        if text.min() < 0 or text.max() >= vocabulary_size:
            raise ValueError(
                f"Prompt number {number} must have token ids from 0 to {vocabulary_size - 1}; received {text.min()} to "
                f"{text.max()}. Do the tokenizer and the model belong together?"
            )
    longest = max(map(len, texts))
    width = -(-longest // _WIDTH_MULTIPLE) * _WIDTH_MULTIPLE
    token_ids, padding_mask = (np.zeros((len(texts), width + max_new_tokens), "int32") for _ in range(2))
    segment_ids = np.full_like(token_ids, written_segment)
    for row, (text, segment) in enumerate(zip(texts, segments, strict=True)):
        start = width - len(text)
        token_ids[row, start:width] = text
        padding_mask[row, start:] = 1
        segment_ids[row, :start], segment_ids[row, start:width] = 0, segment
    return Rows(token_ids, padding_mask, segment_ids)


def _texts(prompts):
    """Return the tokens of each prompt and their segments, without padding."""
    prompts = keras.ops.convert_to_numpy(prompts) if keras.ops.is_tensor(prompts) else prompts
    if isinstance(prompts, dict):
        token_ids = _whole_numbers(prompts["token_ids"], "token_ids")
        others = {
            name: _whole_numbers(prompts[name], name) for name in ("padding_mask", "segment_ids") if name in prompts
        }
        for name, array in {"token_ids": token_ids, **others}.items():
            if array.ndim != 2 or array.shape != token_ids.shape:
                raise ValueError(
                    f"Expected prompts as (batch, length) arrays of one shape; {name} has the shape {array.shape}."
                )
        padding_mask = others.get("padding_mask", np.ones_like(token_ids))
        if padding_mask.max(initial=0) > 1:
            raise ValueError("Expected one prompt a row, received a padding_mask of packed rows.")
        segment_ids = others.get("segment_ids", np.zeros_like(token_ids))
        kept = [mask > 0 for mask in padding_mask]
        return tuple([row[mask] for row, mask in zip(array, kept)] for array in (token_ids, segment_ids))
    if isinstance(prompts, str) or not isinstance(prompts, (Sequence, np.ndarray)):
        raise ValueError(
            f"Expected prompts as lists of token ids, an array or a dict of arrays; received {type(prompts).__name__}. "
            "Texts become token ids by the tokenizer."
        )
    texts = [_whole_numbers(text, f"prompt number {number}") for number, text in enumerate(prompts, 1)]
    if any(text.ndim != 1 for text in texts):
        raise ValueError("Expected a list of prompts, each a list of token ids; for one prompt write [prompt].")
    return texts, [np.zeros_like(text) for text in texts]


def _whole_numbers(values, name):
    array = np.asarray(values)
    if not array.size:
        return array.astype("int32")
    if array.dtype.kind not in "iub":
        raise ValueError(f"Expected {name} to be token ids, whole numbers; received {array.dtype}.")
    return array.astype("int64")


def expect_whole(name: str, value: object, least: int) -> int:
    """Give back an option that is a whole number.

    Args:
        name: name of the option, for the message.
        value: what was given.
        least: the smallest that it may be.

    Raises:
        ValueError: where it is none, or smaller.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise ValueError(f"Expected {name} to be a whole number of at least {least}; received {value!r}.")
    return number
