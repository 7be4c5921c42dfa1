"""Candidates of a search in the order of a model that reads each of them together with the query."""

from collections.abc import Callable, Sequence

import numpy as np

from bert_keras.inference.search.top_scores import top_scores

# From queries and as many texts to (pairs,) floats, higher where the text answers its query better: a `CrossEncoder`.
Reranker = Callable[[list[str], list[str]], np.ndarray]


def rerank(
    reranker: Reranker, queries: Sequence[str], numbers: np.ndarray, text_of: Callable[[int], str]
) -> tuple[np.ndarray, np.ndarray]:
    """Order the candidates of each query by a reranker's scores.

    Args:
        reranker: from queries and texts to a score for each pair.
        queries: sequence of str.
        numbers: (queries, candidates) int64 of texts, -1 for none.
        text_of: from the number of a text to the text.

    Returns:
        the same numbers in their new order, and (queries, candidates) float32 scores, 0 where there is none.

    Raises:
        ValueError: where the reranker does not give a finite number for each pair.
    """
    rows, columns = np.nonzero(numbers >= 0)
    scores = np.full(numbers.shape, -np.inf, "float32")
    if len(rows):
        texts = [text_of(number) for number in numbers[rows, columns].tolist()]
        given = np.asarray(reranker([queries[row] for row in rows], texts), "float32")
        if given.shape != (len(rows),) or not np.isfinite(given).all():
            raise ValueError(
                f"Expected {len(rows)} finite scores from the reranker, one for each pair; received shape "
                f"{given.shape}, {np.count_nonzero(~np.isfinite(given))} of them not finite."
            )
        scores[rows, columns] = given
    places, best = top_scores(scores, numbers.shape[1])
    ordered = np.take_along_axis(numbers, np.maximum(places, 0), axis=1)
    return np.where(places >= 0, ordered, -1), best
