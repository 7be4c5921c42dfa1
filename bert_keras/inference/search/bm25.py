"""Search by words: BM25, which counts rare words of a query more and long texts less; computed by bm25s."""

import os
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from bert_keras.inference.predictor import check_top_k
from bert_keras.inference.search.array_folder import read_arrays, write_arrays
from bert_keras.inference.search.top_scores import top_scores
from bert_keras.inference.search.words import search_words
from bert_keras.optional_package import import_optional

_KIND, _VERSION = "bert_keras BM25", 2  # 1 had other words


class Bm25:
    """Finds the texts that share the most telling words with a query.

    Args:
        texts: iterable of str, of which the words are kept and not the texts.
        k1: how much a word counts that comes again and again. Default 1.5.
        b: how much long texts are held back, from 0 to 1. Default 0.75.

    Raises:
        ImportError: where bm25s is not installed.
        ValueError: where there is no text, or one is no str.

    Example:
        ```python
        bm25 = Bm25(["the cat sat", "a dog ran", "the dog sat"])
        numbers, scores = bm25.search(["dog sat"], top_k=2)  # [[2, 1]]
        ```

    Reference:
        [Robertson and Zaragoza, 2009](https://doi.org/10.1561/1500000019), as Lucene computes it;
        [Lù, 2024](https://arxiv.org/abs/2407.03618)
    """

    def __init__(self, texts: Iterable[str], *, k1: float = 1.5, b: float = 0.75) -> None:
        vocabulary: dict[str, int] = {}
        rows = []
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str):
                raise ValueError(
                    f"Expected texts as str, received {text!r:.80} ({type(text).__name__}), text {number}."
                )
            rows.append([vocabulary.setdefault(word, len(vocabulary)) for word in search_words(text)])
        if not rows:
            raise ValueError("Expected at least one text to search in, received none.")
        self.k1, self.b, self._vocabulary, self.num_texts = k1, b, vocabulary, len(rows)
        self._library = self._bm25s()
        if vocabulary:
            self._library.index((rows, vocabulary), create_empty_token=False, show_progress=False)
        else:  # texts of punctuation alone
            nothing = dict(data=np.zeros(0, "float32"), indices=np.zeros(0, "int32"), indptr=np.zeros(1, "int64"))
            self._set_scores(nothing)

    def __len__(self) -> int:
        return self.num_texts

    def search(
        self, queries: Sequence[str], top_k: int = 10, *, mask: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the texts that match each query best.

        Args:
            queries: sequence of str.
            top_k: most texts for a query. Default 10.
            mask: (texts,) of bool, False for a text that is not to be found. Default None, all may be.

        Returns:
            (queries, top_k) int64 numbers of texts, from 0, the best first, -1 behind the last that shares a word with
            the query; and their float32 scores, there 0.

        Raises:
            ValueError: where queries are one str or `top_k` is below 1.
        """
        check_top_k(top_k)
        if isinstance(queries, str):
            raise ValueError(f"Expected a sequence of queries, received the str {queries!r:.80}: give [query].")
        found = [self._search(query, top_k, mask) for query in queries]
        numbers = np.array([one[0] for one in found], "int64").reshape(-1, top_k)
        return numbers, np.array([one[1] for one in found], "float32").reshape(-1, top_k)

    def _search(self, query: str, top_k: int, mask: np.ndarray | None):
        known = [self._vocabulary[word] for word in search_words(query) if word in self._vocabulary]
        scores = np.zeros(self.num_texts, "float32")
        if known:
            scores = self._library.get_scores_from_ids(known)
        if mask is not None:
            scores = scores * mask
        numbers, best = top_scores(scores[np.newaxis], top_k, least=0.0)
        return numbers[0], best[0]

    def save(self, folder: str | os.PathLike) -> None:
        """Write it into a folder, whole or not at all.

        Args:
            folder: path; made if it is not there.
        """
        arrays = {name: np.asarray(self._library.scores[name]) for name in ("data", "indices", "indptr")}
        arrays["vocabulary"] = np.frombuffer("\n".join(self._vocabulary).encode("utf-8", "surrogatepass"), "uint8")
        write_arrays(folder, _KIND, _VERSION, arrays, num_texts=self.num_texts, k1=self.k1, b=self.b)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> Self:
        """Load what `save` wrote, by memory map.

        Args:
            folder: path.

        Raises:
            FileNotFoundError: where there is none.
            ImportError: where bm25s is not installed.
            ValueError: where it is damaged or of another format.
        """
        header, arrays = read_arrays(folder, _KIND, _VERSION)
        words = arrays.pop("vocabulary").tobytes().decode("utf-8", "surrogatepass")
        bm25 = cls.__new__(cls)
        bm25.k1, bm25.b, bm25.num_texts = header["k1"], header["b"], header["num_texts"]
        bm25._vocabulary = {word: number for number, word in enumerate(words.split("\n"))} if words else {}
        bm25._library = bm25._bm25s()
        bm25._set_scores(arrays)
        return bm25

    def _bm25s(self) -> Any:
        return import_optional("bm25s", extra="search", what="BM25").BM25(k1=self.k1, b=self.b)

    def _set_scores(self, arrays) -> None:
        self._library.scores = dict(arrays, num_docs=self.num_texts)
        self._library.nonoccurrence_array = None
