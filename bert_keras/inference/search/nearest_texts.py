"""The texts whose vectors are nearest to those of queries, all in memory: for validation, where nothing is kept."""

from collections.abc import Callable, Sequence

import numpy as np

from bert_keras.inference.predictor import check_top_k
from bert_keras.inference.search.stored_vectors import StoredVectors
from bert_keras.inference.search.text_vectors import Encoder, searchable_vectors, with_prompts

Search = Callable[[Sequence[str], int], tuple[np.ndarray, np.ndarray]]  # `NearestTexts.search`, or a `Bm25`'s


class NearestTexts:
    """Finds the texts whose vectors have the largest cosine with that of a query; an `Index` keeps them in a folder.

    Args:
        encoder: From texts to (texts, dim) float vectors; an `Embedder` reads queries and texts behind its prompts.
        texts: The texts; their vectors stay in memory.
        query_encoder: The same for queries, where the encoder reads them otherwise; None for `encoder`.

    Raises:
        ValueError: If there is no text, or a vector is of zeros or holds what is not finite.

    Example:
        >>> import numpy as np
        >>> nearest = NearestTexts(lambda texts: np.array([[len(text), 1.0] for text in texts]), ["a", "bb", "cccc"])
        >>> nearest.search(["dd"], top_k=2)[0].tolist()
        [[1, 2]]
    """

    def __init__(self, encoder: Encoder, texts: Sequence[str], *, query_encoder: Encoder | None = None):
        if not len(texts):
            raise ValueError("Expected at least one text to search in, received none.")
        encoder, self._query_encoder = with_prompts(encoder, query_encoder)
        self._vectors = StoredVectors({"vectors": searchable_vectors(encoder, texts)})

    def search(self, queries: Sequence[str], top_k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the texts nearest to each query.

        Args:
            queries: The queries.
            top_k: Most texts for each.

        Returns:
            (queries, top_k) int64 numbers of texts, from 0, nearest first, -1 behind the last; and their cosines,
            float32.

        Raises:
            ValueError: If `top_k` is below 1, or a vector as for the class.
        """
        check_top_k(top_k)
        return self._vectors.search(searchable_vectors(self._query_encoder, queries) if len(queries) else [], top_k)
