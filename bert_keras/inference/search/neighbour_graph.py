"""Approximate search: a graph of neighbours (HNSW) that is walked towards the query; by faiss."""

import os
from collections.abc import Iterable
from typing import Self

import numpy as np

from bert_keras.inference.search.array_folder import read_arrays, write_arrays
from bert_keras.optional_package import import_optional

_KIND, _VERSION = "bert_keras neighbour graph", 1
_NUM_NEIGHBOURS = 32
_LEAST_LOOKED_AT = 64  # nodes on the way to an answer; more for more answers
_PACKAGE = "faiss"


class NeighbourGraph:
    """Finds vectors whose dot products with a query are among the highest, without looking at all.

    It keeps the vectors in 8 bits a number; who asks orders what is found by the exact ones.

    Args:
        vectors: (texts, dimension) float32 arrays, block after block; the first one tells the range of the numbers.

    Raises:
        ImportError: where faiss is not installed.

    Reference:
        [Malkov and Yashunin, 2016](https://arxiv.org/abs/1603.09320)
    """

    def __init__(self, vectors: Iterable[np.ndarray]) -> None:
        self._faiss = import_optional(_PACKAGE, extra="search", what="Approximate search")
        self._graph = None
        self.extend(vectors)

    def __len__(self) -> int:
        return 0 if self._graph is None else self._graph.ntotal

    def extend(self, vectors: Iterable[np.ndarray]) -> None:
        """Add further vectors.

        Args:
            vectors: as for the constructor.
        """
        faiss = self._faiss
        for block in vectors:
            block = np.ascontiguousarray(block, "float32")
            if self._graph is None:
                codes = faiss.ScalarQuantizer.QT_8bit
                self._graph = faiss.IndexHNSWSQ(block.shape[1], codes, _NUM_NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
                self._graph.train(block)
            self._graph.add(block)

    def search(self, queries: np.ndarray, top_k: int, mask: np.ndarray | None = None) -> np.ndarray:
        """Find vectors near each query.

        Args:
            queries: (queries, dimension) float32.
            top_k: how many for each.
            mask: (texts,) bool, False for those not to be found. Default None, all may be.

        Returns:
            (queries, top_k) int64 numbers of vectors, -1 where there is no further one.
        """
        faiss = self._faiss
        options = {"efSearch": max(_LEAST_LOOKED_AT, 2 * top_k)}
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")  # a local name: faiss does not keep it alive
            options["sel"] = faiss.IDSelectorBitmap(bits)
        parameters = faiss.SearchParametersHNSW(**options)
        return self._graph.search(np.ascontiguousarray(queries, "float32"), top_k, params=parameters)[1]

    def save(self, folder: str | os.PathLike) -> None:
        """Write it into a folder, whole or not at all.

        Args:
            folder: path; made if it is not there.
        """
        graph = self._faiss.serialize_index(self._graph)
        write_arrays(folder, _KIND, _VERSION, {"graph": graph}, num_texts=len(self))

    @classmethod
    def load(cls, folder: str | os.PathLike) -> Self:
        """Load what `save` wrote.

        Args:
            folder: path.

        Raises:
            FileNotFoundError: where there is none.
            ImportError: where faiss is not installed.
            ValueError: where it is damaged or of another format.
        """
        _, arrays = read_arrays(folder, _KIND, _VERSION)
        graph = cls([])
        graph._graph = graph._faiss.deserialize_index(np.asarray(arrays["graph"]))
        return graph
