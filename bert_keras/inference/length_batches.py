"""Which rows go through a model together: rows of like length, so that little padding is computed, in few calls."""

from collections.abc import Callable, Iterator

import numpy as np

from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.data.rows.length_buckets import padded_lengths

_TOKENS_OF_A_CALL = 64  # what starting a call costs: about as much as so many tokens of MiniLM on 2 cores


def length_batches(
    row_lengths: np.ndarray, *, sequence_length: int, batch_size: int
) -> Iterator[tuple[np.ndarray, int]]:
    """Cut rows into batches.

    A batch is as long as its longest row. Where the model is compiled for each shape, shapes are few instead: lengths
    are those of `padded_lengths`, and batch sizes powers of two, filled up with fillers.

    Args:
        row_lengths: (rows,) int, tokens of each row.
        sequence_length: the longest row.
        batch_size: most rows in a batch.

    Yields:
        (batch,) int32 row numbers, -1 for a filler, and the length of the batch.
    """
    row_lengths = np.asarray(row_lengths)
    by_length = np.argsort(row_lengths, kind="stable").astype("int32")
    if not compiles_each_length():
        for start, end in cheapest_cuts(row_lengths[by_length], lambda length: batch_size):
            yield by_length[start:end], int(row_lengths[by_length[end - 1]])
        return
    for start in range(0, len(by_length), batch_size):
        numbers = by_length[start : start + batch_size]
        num_rows = min(power_of_two(len(numbers)), batch_size)
        length = int(padded_lengths(row_lengths[numbers[-1]], sequence_length))
        yield np.pad(numbers, (0, num_rows - len(numbers)), constant_values=-1), length


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
    """The lowest power of two that is not below a count; 1 for 0."""
    return 1 << max(0, count - 1).bit_length()
