"""Whether a text is nearly one that was seen before: locality-sensitive hashing of MinHash signatures."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from bert_keras.data.corpus.minhash import MinHash, jaccard, mixed

_MISSED = 0.01  # the share of pairs just at the threshold that share no band, at most
_CHAIN = 64  # texts of a bucket that are looked at: where so many are alike but not near, the others are passed over
_MARGIN = 0.2  # more than 4 standard errors of an estimate from 128 hashes


class NearDuplicate(NamedTuple):
    """A text that is nearly an earlier one.

    Attributes:
        index: Its place among the texts.
        earlier: That of the earlier text.
        similarity: The Jaccard similarity of their shingles.
    """

    index: int
    earlier: int
    similarity: float


class NearTexts:
    """Remembers signatures, and finds those to which a new one is near.

    A signature is cut into bands, and the texts that agree in a whole band are compared. There are as many bands as
    let one pair in a hundred pass, at most, that is just at the threshold; of nearer pairs fewer do. Memory is bounded:
    beyond `max_texts` the oldest are forgotten, so that some near-duplicates are missed and none is invented.

    Args:
        threshold: The similarity from which on texts are near, in (0, 1].
        num_hashes: Length of a signature.
        max_texts: How many are remembered, at least 1. Memory ends at 128 bytes for each and 8 more for each band: 296
            bytes at a threshold of 0.8 (of the bands' 8 up to 12, where it is no power of two).

    Attributes:
        num_bands: Bands of a signature.
        num_texts: How many were added.

    Raises:
        ValueError: If the threshold is not in (0, 1].

    Reference: Leskovec, Rajaraman and Ullman 2014, "Mining of massive datasets", chapter 3.
    """

    def __init__(self, threshold: float = 0.8, num_hashes: int = 128, max_texts: int = 1 << 20):
        check_threshold(threshold)
        self.threshold, self.max_texts = threshold, max_texts
        rows = [r for r in range(1, num_hashes + 1) if (1 - threshold**r) ** (num_hashes // r) <= _MISSED]
        num_rows = max(rows, default=1)
        self.num_bands, self.num_texts = num_hashes // num_rows, 0
        self._num_buckets = 1 << (max_texts - 1).bit_length()
        self._factors = mixed(np.arange(1, num_rows + 1, dtype=np.uint64)) | np.uint64(1)
        # Zeros take no memory before they are written to. A bucket holds the number of its last text, counted from 1,
        # and each text that of the one before it in each of its buckets; numbers only fall along such a chain.
        self._last = np.zeros(self.num_bands * self._num_buckets, np.uint32)
        self._before = np.zeros((max_texts, self.num_bands), np.uint32)
        self._signatures = np.zeros((max_texts, num_hashes), np.uint8)

    def near(self, signature: np.ndarray, margin: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the texts to which one is near, the earliest first, and the estimated similarities.

        Args:
            signature: (num_hashes,) uint8, as `MinHash.compressed` makes them.
            margin: How far below the threshold an estimate may lie, for those who go on to compare the texts.
        """
        numbers, bands = self._last[self._buckets(signature)].astype(np.int64), np.arange(self.num_bands)
        found = []
        for _ in range(_CHAIN):
            is_there = (numbers > 0) & (numbers + self.max_texts > self.num_texts)
            numbers, bands = numbers[is_there], bands[is_there]
            if not len(numbers):
                break
            found.append(numbers)
            numbers = self._before[(numbers - 1) % self.max_texts, bands].astype(np.int64)
        if not found:
            return np.zeros(0, np.int64), np.zeros(0)
        texts = np.unique(np.concatenate(found)) - 1
        similarities = MinHash.similarities(signature, self._signatures[texts % self.max_texts])
        is_near = similarities >= self.threshold - margin
        return texts[is_near], similarities[is_near]

    def add(self, signature: np.ndarray) -> int:
        """Remember a text and return its number, counted from 0.

        Args:
            signature: (num_hashes,) uint8.
        """
        place, buckets = self.num_texts % self.max_texts, self._buckets(signature)
        self._signatures[place] = signature
        self._before[place] = self._last[buckets]
        self.num_texts += 1
        self._last[buckets] = self.num_texts
        return self.num_texts - 1

    def _buckets(self, signature: np.ndarray) -> np.ndarray:
        bands = signature[: self.num_bands * len(self._factors)].reshape(self.num_bands, -1).astype(np.uint64)
        keys = mixed((bands * self._factors).sum(axis=1)) % np.uint64(self._num_buckets)
        return keys.astype(np.int64) + self._num_buckets * np.arange(self.num_bands)


def find_near_duplicates(
    texts: Iterable[str], threshold: float = 0.8, *, shingle_words: int = 3, max_texts: int = 1 << 20
) -> Iterator[NearDuplicate]:
    """Find the texts of which nearly the same was there before, each with the earliest such text.

    The similarity is that of the texts themselves, not an estimate, so none is found wrongly. A text that is found is
    not kept: later ones are compared with those that were kept, so that a chain of small changes does not lead from
    one text to quite another. A text without words is near to none.

    Args:
        texts: Strings; memory holds 8 bytes for each of their words, and 296 for each text (at a threshold of 0.8).
        threshold: The Jaccard similarity from which on they are found, in (0, 1].
        shingle_words: Words in a shingle. Texts of n words of which one inside is replaced have a similarity of
            `(n - 2k + 1) / (n + 1)` with shingles of k words: of 20 words 0.71 with 3, 0.81 with 2.
        max_texts: How many are compared with, the last ones.

    Raises:
        ValueError: If the threshold is not in (0, 1].

    Example:
        >>> texts = ["A cat sat on the mat all day.", "a cat SAT, on the mat; all day", "It slept."]
        >>> list(find_near_duplicates(texts))
        [NearDuplicate(index=1, earlier=0, similarity=1.0)]

    Reference: as for `MinHash` and `NearTexts`.
    """
    check_threshold(threshold)
    return _near_duplicates(texts, threshold, MinHash(shingle_words), max_texts)


def _near_duplicates(
    texts: Iterable[str], threshold: float, minhash: MinHash, max_texts: int
) -> Iterator[NearDuplicate]:
    seen = NearTexts(threshold, minhash.num_hashes, max_texts)
    kept: dict[int, tuple[int, np.ndarray]] = {}  # place and shingles, by number
    for index, (signature, hashes) in enumerate(minhash.signed(texts)):
        if not len(hashes):
            continue
        for number in seen.near(signature, _MARGIN)[0].tolist():
            earlier, others = kept[number]
            if (similarity := jaccard(hashes, others)) >= threshold:
                yield NearDuplicate(index, earlier, similarity)
                break
        else:
            number = seen.add(signature)
            kept[number] = index, hashes
            kept.pop(number - max_texts, None)


def check_threshold(threshold: float) -> None:
    """Raise `ValueError` if this is no similarity from which on texts can be called near."""
    if not 0 < threshold <= 1:
        raise ValueError(f"the similarity of near-duplicates must be above 0 and at most 1, received {threshold}")
