"""Vectors as an index keeps them: float32 or int8, and their signs as bits; searched by matrix product or by bits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import numpy as np

from bert_keras.inference.search.array_folder import mapped_array
from bert_keras.inference.search.top_scores import top_scores

VectorDtype = Literal["float32", "int8"]
_INT8_ROWS = 1024  # at a time: they become float32 where they stay in the cache
_SCORES = 1 << 24  # most scores of queries that are in the matrix product at once
_RESCORED = 10  # times as many as asked for are found by bits


def vector_files(dtype: VectorDtype) -> tuple[str, ...]:
    """Return the names of the files that vectors of a dtype are kept in."""
    return ("vectors", "bits") if dtype == "float32" else ("vectors", "scales", "bits")


def vector_contents(vectors: np.ndarray, dtype: VectorDtype) -> dict[str, bytes]:
    """Return what is appended to each file.

    Args:
        vectors: (texts, dimension) float32.
        dtype: int8 keeps each vector in steps of 1/127 of its largest number.
    """
    contents = {"bits": _sign_bits(vectors).tobytes()}
    if dtype == "float32":
        return contents | {"vectors": np.ascontiguousarray(vectors, "<f4").tobytes()}
    scales = (np.abs(vectors).max(axis=1, keepdims=True) / 127).astype("<f4")
    steps = np.rint(vectors / scales).astype("int8")
    return contents | {"vectors": steps.tobytes(), "scales": scales.tobytes()}


class StoredVectors:
    """Vectors that are searched: those of an index, mapped into memory, or any in memory.

    Args:
        arrays: `vectors`, (count, dimension) float32; or int8 with their `scales`, (count, 1). For `search_bits` their
            `bits`, as `vector_contents` makes them.

    Reference:
        bits with rescoring: [Yamada et al., 2021](https://arxiv.org/abs/2106.00882)
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._arrays = arrays
        self.count = len(arrays["vectors"])

    @classmethod
    def mapped(cls, folder: Path, dtype: VectorDtype, dimension: int, count: int) -> Self:
        """Map the files of a folder.

        Args:
            folder: the index's.
            dtype: what vectors are kept in.
            dimension: numbers in each.
            count: how many there are.
        """
        kinds: Mapping[str, tuple] = {
            "vectors": (dtype, (count, dimension)),
            "scales": ("float32", (count, 1)),
            "bits": ("uint64", (count, -(-dimension // 64))),
        }
        return cls({name: mapped_array(folder / name, *kinds[name]) for name in vector_files(dtype)})

    def rows(self, which: slice | np.ndarray) -> np.ndarray:
        """Return (rows, dimension) float32 vectors, by a slice or by numbers."""
        rows = self._arrays["vectors"][which]
        if "scales" in self._arrays:
            return rows.astype("float32") * self._arrays["scales"][which]
        return np.asarray(rows)

    def search(self, queries: np.ndarray, top_k: int, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Find the vectors with the highest dot products, looking at all.

        Args:
            queries: (queries, dimension) float32.
            top_k: how many for each.
            mask: (texts,) bool, False for those not to be found; None finds all.

        Returns:
            numbers and scores, as `top_scores` gives them.
        """
        found = []
        at_a_time = max(1, _SCORES // max(1, self.count))
        for begin in range(0, len(queries), at_a_time):
            some = queries[begin : begin + at_a_time]
            scores = self._products(some)
            if mask is not None:
                scores[:, ~mask] = -np.inf
            found.append(top_scores(scores, top_k))
        return _joined(found, top_k)

    def search_bits(
        self, queries: np.ndarray, top_k: int, mask: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find vectors by the signs of their numbers; the best of them are ordered by dot products.

        Args:
            queries: as for `search`.
            top_k: as for `search`.
            mask: as for `search`.

        Returns:
            as `search` does.
        """
        found = []
        for bits, query in zip(_sign_bits(queries), queries):
            distances = np.zeros(self.count, "uint16")
            for column, word in zip(self._arrays["bits"].T, bits):
                distances += np.bitwise_count(column ^ word)
            scores = -distances.astype("float32")
            if mask is not None:
                scores[~mask] = -np.inf
            numbers, _ = top_scores(scores[np.newaxis], max(100, _RESCORED * top_k))
            found.append(self.best_of(query, numbers[0], top_k))
        return _joined(found, top_k)

    def best_of(self, query: np.ndarray, numbers: np.ndarray, top_k: int) -> tuple[np.ndarray, np.ndarray]:
        """Order candidates by their dot products.

        Args:
            query: (dimension,) float32.
            numbers: (candidates,) of vectors; -1 is none.
            top_k: how many are kept.

        Returns:
            (1, top_k) numbers and scores, as `top_scores` gives them.
        """
        numbers = np.sort(numbers[numbers >= 0])  # equal scores in the order of the texts
        best, scores = top_scores((self.rows(numbers) @ query)[np.newaxis], top_k)
        return np.where(best >= 0, np.append(numbers, -1)[best], -1), scores

    def _products(self, queries: np.ndarray) -> np.ndarray:
        vectors = self._arrays["vectors"]
        if "scales" not in self._arrays:
            return queries @ vectors.T
        scores = np.empty((len(queries), self.count), "float32")
        for first in range(0, self.count, _INT8_ROWS):
            rows = slice(first, first + _INT8_ROWS)
            scores[:, rows] = queries @ vectors[rows].astype("float32").T
        return scores * self._arrays["scales"].T


def _sign_bits(vectors: np.ndarray) -> np.ndarray:
    """Return (vectors, words) uint64, a bit for each number that is above 0."""
    bits = np.packbits(vectors > 0, axis=1)
    return np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view("<u8")


def _joined(found: list[tuple[np.ndarray, np.ndarray]], top_k: int) -> tuple[np.ndarray, np.ndarray]:
    if not found:
        return np.zeros((0, top_k), "int64"), np.zeros((0, top_k), "float32")
    numbers, scores = zip(*found)
    return np.concatenate(numbers), np.concatenate(scores)
