"""The best of many scores, best first; equal ones in the order of their numbers, so that every run finds the same."""

import numpy as np


def top_scores(scores: np.ndarray, top_k: int, least: float = -np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Find the highest scores of each query.

    Args:
        scores: (queries, texts) float32.
        top_k: how many of a row.
        least: what is not above it counts for nothing.

    Returns:
        (queries, top_k) int64 numbers of texts, -1 where there is no further one; and their float32 scores, there 0.

    Example:
        >>> top_scores(np.array([[0.1, 0.7, 0.7]], "float32"), 2)
        (array([[1, 2]]), array([[0.7, 0.7]], dtype=float32))
    """
    numbers = np.full((len(scores), top_k), -1, "int64")
    best = np.zeros((len(scores), top_k), "float32")
    num_texts = scores.shape[1]
    for row, own in enumerate(scores):
        floor = least
        if num_texts > top_k:
            floor = max(least, np.partition(own, num_texts - top_k)[num_texts - top_k])
        found = np.flatnonzero(own >= floor if floor > least else own > least)
        found = found[np.argsort(-own[found], kind="stable")][:top_k]
        numbers[row, : len(found)] = found
        best[row, : len(found)] = own[found]
    return numbers, best
