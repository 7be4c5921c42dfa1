"""Several orders of the same texts into one, by the ranks that a text has in each."""

from collections.abc import Sequence

import numpy as np

_OFFSET = 60  # of the ranks, as in the paper: the first places count for little more than those behind them


def fuse_ranks(orders: Sequence[np.ndarray], top_k: int) -> tuple[np.ndarray, np.ndarray]:
    """Give each text the sum of 1 / (60 + rank) over the orders that it is in.

    Args:
        orders: (queries, any) int64 numbers of texts each, the best first; -1 is none.
        top_k: how many are kept.

    Returns:
        (queries, top_k) int64 numbers, the best first, -1 where there is no further one; and their float32 scores,
        there 0. Equal ones come in the order of their numbers.

    Example:
        >>> numbers, scores = fuse_ranks([np.array([[4, 2]]), np.array([[2, 9]])], top_k=4)
        >>> numbers, scores.round(4)
        (array([[ 2,  4,  9, -1]]), array([[0.0325, 0.0164, 0.0161, 0.    ]], dtype=float32))

    Reference:
        Cormack, Clarke and Büttcher, 2009, https://doi.org/10.1145/1571941.1572114
    """
    num_queries = len(orders[0])
    numbers = np.full((num_queries, top_k), -1, "int64")
    scores = np.zeros((num_queries, top_k), "float32")
    for query in range(num_queries):
        sums: dict[int, float] = {}
        for order in orders:
            for rank, number in enumerate(order[query].tolist(), 1):
                if number >= 0:
                    sums[number] = sums.get(number, 0.0) + 1 / (_OFFSET + rank)
        best = sorted(sums, key=lambda number: (-sums[number], number))[:top_k]
        numbers[query, : len(best)] = best
        scores[query, : len(best)] = [sums[number] for number in best]
    return numbers, scores
