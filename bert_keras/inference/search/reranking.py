"""Candidates of a search in the order of a model that reads each of them together with the query."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from bert_keras.inference.search.top_scores import top_scores


class Reranker(Protocol):
    """What can rerank: a `CrossEncoder`, or anything else that scores pairs."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return (pairs,) floats for pairs of query and text, higher where the text answers the query better."""
        ...


def rerank(
    reranker: Reranker, queries: Sequence[str], numbers: np.ndarray, text_of: Callable[[int], str]
) -> tuple[np.ndarray, np.ndarray]:
    """Order the candidates of each query by a reranker's scores.

    Args:
        reranker: what has `scores`.
        queries: sequence of str.
        numbers: (queries, candidates) int64 of texts, -1 for none.
        text_of: from the number of a text to the text.

    Returns:
        the same numbers in their new order, and (queries, candidates) float32 scores, 0 where there is none.

    Raises:
        ValueError: where the reranker does not give a finite number for each pair.
    """
    rows, columns = np.nonzero(numbers >= 0)
    pairs = [(queries[row], text_of(int(numbers[row, column]))) for row, column in zip(rows, columns)]
    scores = np.full(numbers.shape, -np.inf, "float32")
    if pairs:
        given = np.asarray(reranker.scores(pairs), "float32")
        if given.shape != (len(pairs),) or not np.isfinite(given).all():
            raise ValueError(
                f"Expected {len(pairs)} finite scores from the reranker, one for each pair; received shape "
                f"{given.shape}, {np.count_nonzero(~np.isfinite(given))} of them not finite."
            )
        scores[rows, columns] = given
    places, best = top_scores(scores, numbers.shape[1])
    ordered = np.take_along_axis(numbers, np.maximum(places, 0), axis=1)
    return np.where(places >= 0, ordered, -1), best
