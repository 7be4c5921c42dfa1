"""Which rows go through a model together: rows of like length, so that little padding is computed, in few calls."""

from collections.abc import Callable

import numpy as np

from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.data.rows.length_buckets import padded_lengths

_ANY_NUMBER = 1 << 30
_TOKENS_OF_A_CALL = 64  # what starting a call costs: about as much as so many tokens of MiniLM on 2 cores


def length_batches(
    row_lengths: np.ndarray, *, sequence_length: int, batch_size: int | None = None, batch_tokens: int | None = None
) -> list[tuple[np.ndarray, int]]:
    """Cut rows into batches of like length, for prediction.

    A batch is as long as its longest row. Where the model is compiled for each shape, shapes are few instead: lengths
    are those of `padded_lengths`, and numbers of rows powers of two or the most that there may be, filled up with
    fillers.

    Args:
        row_lengths: (rows,) int, tokens of each row.
        sequence_length: The longest row.
        batch_size: Most rows in a batch; None for any number.
        batch_tokens: Most positions in a batch, padding included; None for any number. A row that is longer goes alone.

    Returns:
        For each batch (batch,) int32 row numbers, -1 for a filler, and its length.

    Example:
        >>> batches = length_batches(np.array([9, 250, 10]), sequence_length=256, batch_size=32)
        >>> sorted(number for numbers, _ in batches for number in numbers.tolist() if number >= 0)
        [0, 1, 2]
    """
    row_lengths = np.asarray(row_lengths)
    by_length = np.argsort(row_lengths, kind="stable").astype("int32")
    is_compiled = compiles_each_length()
    lengths = padded_lengths(row_lengths, sequence_length) if is_compiled else row_lengths

    def most_rows(length: int) -> int:
        by_tokens = _ANY_NUMBER if batch_tokens is None else max(1, batch_tokens // length)
        return by_tokens if batch_size is None else min(batch_size, by_tokens)

    batches = []
    for start, end in cheapest_cuts(lengths[by_length], most_rows):
        numbers, length = by_length[start:end], int(lengths[by_length[end - 1]])
        num_fillers = min(power_of_two(end - start), most_rows(length)) - (end - start) if is_compiled else 0
        batches.append((np.pad(numbers, (0, num_fillers), constant_values=-1), length))
    return batches


def cheapest_cuts(lengths: np.ndarray, most_rows: Callable[[int], int]) -> list[tuple[int, int]]:
    """Cut rows of ascending length where padding and the calls of the model together cost least.

    By dynamic programming over the last row of a batch.

    Args:
        lengths: (rows,) int, ascending.
        most_rows: from the length of a batch to how many rows it may have.

    Returns:
        list of (first row, row behind the last) of each batch, the longest first, so that where two batches run at a
        time no long one is left for the end.

    Example:
        >>> cheapest_cuts(np.array([9, 9, 10, 10, 250]), lambda length: 32)
        [(4, 5), (0, 4)]
    """
    cost = np.zeros(len(lengths) + 1)  # of the rows before one, cut in the best way
    start_of = np.zeros(len(lengths) + 1, int)  # of the last of their batches
    for end, length in enumerate(lengths.tolist(), start=1):
        first = max(0, end - most_rows(length))
        costs = cost[first:end] + length * np.arange(end - first, 0, -1)
        start_of[end] = first + costs.argmin()
        cost[end] = costs.min() + _TOKENS_OF_A_CALL
    cuts, end = [], len(lengths)
    while end:
        cuts.append((int(start_of[end]), end))
        end = cuts[-1][0]
    return cuts


def power_of_two(count: int) -> int:
    """Return the lowest power of two that is not below a count; 1 for 0."""
    return 1 << max(0, count - 1).bit_length()
