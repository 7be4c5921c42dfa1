"""The texts whose vectors are nearest to those of queries, all in memory: by matrix product, block by block."""

from collections.abc import Callable, Sequence

import numpy as np

Embed = Callable[[list[str]], np.ndarray]  # from texts to (texts, dim) vectors: an `Embedder`
Search = Callable[[Sequence[str], int], tuple[np.ndarray, np.ndarray]]  # `NearestTexts.search`, or a `Bm25`'s
_BLOCK = 1 << 13  # texts of a matrix product
_QUERIES = 1 << 9


class NearestTexts:
    """Finds the texts whose vectors have the largest cosine with that of a query.

    Args:
        embed: From texts to (texts, dim) float vectors, such as an `Embedder`.
        texts: The texts; their vectors stay in memory.
        query_embed: The same for queries, where the encoder reads them otherwise; None for `embed`.

    Raises:
        ValueError: If there is no text, or a vector is of zeros or holds what is not finite.

    Example:
        >>> import numpy as np
        >>> nearest = NearestTexts(lambda texts: np.array([[len(text), 1.0] for text in texts]), ["a", "bb", "cccc"])
        >>> nearest.search(["dd"], top_k=2)[0].tolist()
        [[1, 2]]
    """

    def __init__(self, embed: Embed, texts: Sequence[str], *, query_embed: Embed | None = None):
        if not len(texts):
            raise ValueError("Expected at least one text to search in, received none.")
        self._query_embed = embed if query_embed is None else query_embed
        self._vectors = unit_vectors(embed, texts)

    def search(self, queries: Sequence[str], top_k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the texts nearest to each query.

        Args:
            queries: The queries.
            top_k: Most texts for each.

        Returns:
            (queries, top_k) int64 numbers of texts, from 0, nearest first, -1 behind the last; and their cosines,
            float32.

        Raises:
            ValueError: If `top_k` is below 1.
        """
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, received {top_k}.")
        numbers = np.full((len(queries), top_k), -1)
        cosines = np.zeros((len(queries), top_k), "float32")
        vectors = unit_vectors(self._query_embed, queries) if len(queries) else np.zeros((0, 1))
        for begin in range(0, len(queries), _QUERIES):
            some = slice(begin, begin + _QUERIES)
            found = self._nearest(vectors[some], min(top_k, len(self._vectors)))
            numbers[some, : found[0].shape[1]], cosines[some, : found[0].shape[1]] = found
        return numbers, cosines

    def _nearest(self, queries: np.ndarray, top_k: int) -> tuple[np.ndarray, np.ndarray]:
        """Keep the best of those found before and of the next block."""
        numbers, cosines = np.zeros((len(queries), 0), int), np.zeros((len(queries), 0), "float32")
        for begin in range(0, len(self._vectors), _BLOCK):
            block = self._vectors[begin : begin + _BLOCK]
            cosines = np.concatenate([cosines, queries @ block.T], axis=1)
            added = np.broadcast_to(np.arange(begin, begin + len(block)), (len(queries), len(block)))
            numbers = np.concatenate([numbers, added], axis=1)
            best = np.argsort(-cosines, axis=1, kind="stable")[:, :top_k]  # equal ones in the order of the texts
            numbers, cosines = (np.take_along_axis(values, best, axis=1) for values in (numbers, cosines))
        return numbers, cosines


def unit_vectors(embed: Embed, texts: Sequence[str]) -> np.ndarray:
    """Embed texts, and scale their vectors to length 1.

    Args:
        embed: As for `NearestTexts`.
        texts: The texts.

    Returns:
        (texts, dim) float32.

    Raises:
        ValueError: If a vector is of zeros or holds what is not finite; it names the text.
    """
    vectors = np.asarray(embed(list(texts)), "float32")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (wrong := np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))).size:
        what = "zeros" if lengths[wrong[0], 0] == 0 else "numbers that are not finite"
        raise ValueError(
            f"Expected a vector of finite numbers that are not all 0 for each text, received {what} for "
            f"{texts[wrong[0]]!r:.80}, and {wrong.size} such in all."
        )
    return vectors / lengths
