"""Shingles of texts and their MinHash signatures, in integer arithmetic: the same numbers on every machine.

A word is a run of letters, marks and figures, in any case; of scripts that write no spaces each character is one. So
what differs only in punctuation, spaces or capitals has the same shingles.
"""

import functools
import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bert_keras.data.corpus.writing_systems import NUM_TABLED, WITHOUT_SPACES

_BETWEEN, _IN_WORD, _ALONE = 0, 1, 2
_WORD, _POSITION, _SHINGLE = (np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F))
_TEXTS_AT_ONCE = 256  # hashed together
_BLOCK = 1 << 16  # products at a time, which stay in the processor's cache


class Shingles(NamedTuple):
    """The shingles of several texts, one text after the other.

    Attributes:
        hashes: (shingles,) uint64.
        ends: (texts,) int, where the shingles of each text end.
    """

    hashes: np.ndarray
    ends: np.ndarray


class MinHash:
    """Turns texts into the hashes of their shingles, and into signatures that are as alike as the sets of these.

    The share in which two signatures agree is the Jaccard similarity of the two sets of shingles, the size of what
    they share by that of what they hold together, up to a standard error of at most `0.5 / sqrt(num_hashes)`: 0.044
    with 128 hashes, and 0.035 where the similarity is 0.8. The signature of a union of sets is the minimum of theirs,
    but for the last step, which `compressed` does.

    Args:
        shingle_words: Consecutive words in a shingle; a text of fewer words has one shingle. 5 tells prose apart, 2 or
            3 single sentences.
        num_hashes: Length of a signature.

    Example:
        >>> minhash = MinHash(shingle_words=2)
        >>> shingles = minhash.shingles(["The cat sat here.", "the cat sat -- there", "猫坐"])
        >>> shingles.ends.tolist()
        [3, 6, 7]
        >>> jaccard(shingles.hashes[:3], shingles.hashes[3:6])
        0.5
        >>> minhash.compressed(minhash.minima(shingles)).shape
        (3, 128)

    Reference: Broder 1997, "On the resemblance and containment of documents"; the 8 bits that are kept of each minimum
    are Li and König 2010, "b-bit minwise hashing"; shingles of 5 words and a similarity of 0.8 are those of Lee et al.
    2022, "Deduplicating training data makes language models better".
    """

    def __init__(self, shingle_words: int = 5, num_hashes: int = 128):
        if shingle_words < 1 or num_hashes < 1:
            raise ValueError(f"shingle_words and num_hashes must be at least 1, received {shingle_words}, {num_hashes}")
        self.shingle_words, self.num_hashes = shingle_words, num_hashes
        numbers = mixed(np.arange(1, 2 * num_hashes + 1, dtype=np.uint64) * _SHINGLE).reshape(2, num_hashes, 1)
        self._factors, self._offsets = numbers[0] | np.uint64(1), numbers[1]

    def shingles(self, texts: Sequence[str]) -> Shingles:
        """Return the shingles of texts, in their order and as often as they stand there; of a text without words none.

        Args:
            texts: Strings.
        """
        words, num_words = _words(texts)
        # Each text's words stand apart, with zeros behind them, so that no shingle reaches into the next text.
        room = self.shingle_words - 1
        starts = np.cumsum(num_words + room) - num_words - room
        spread = np.zeros(int(num_words.sum()) + room * (len(texts) + 1), np.uint64)
        of_text = np.repeat(np.arange(len(texts)), num_words)
        spread[np.arange(len(words)) + room * of_text] = words
        hashes = np.zeros(len(spread) - room, np.uint64)
        for word in range(self.shingle_words):
            hashes *= _SHINGLE
            hashes += spread[word : len(hashes) + word]
        counts = np.where(num_words, np.maximum(num_words - room, 1), 0)
        ends = np.cumsum(counts)
        first = np.repeat(starts - (ends - counts), counts)
        return Shingles(mixed(hashes[np.arange(int(ends[-1]) if len(ends) else 0) + first]), ends)

    def minima(self, shingles: Shingles) -> np.ndarray:
        """Return the least hash of each text's shingles, (texts, num_hashes) uint64; the greatest number of none.

        Args:
            shingles: What `shingles` returns.
        """
        ends, starts = shingles.ends, np.concatenate([[0], shingles.ends[:-1]])
        result = np.full((len(ends), self.num_hashes), np.iinfo(np.uint64).max)
        is_full = ends > starts
        if not is_full.any():
            return result
        minima = np.empty((self.num_hashes, int(is_full.sum())), np.uint64)
        rows = max(1, _BLOCK // len(shingles.hashes))
        for row in range(0, self.num_hashes, rows):
            products = shingles.hashes * self._factors[row : row + rows]
            products += self._offsets[row : row + rows]
            minima[row : row + rows] = np.minimum.reduceat(products, starts[is_full], axis=1)
        result[is_full] = minima.T
        return result

    def signed(self, texts: Iterable[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the signature of each text, (num_hashes,) uint8, and the different hashes of its shingles.

        Args:
            texts: Strings, which are taken some at a time.
        """
        texts = iter(texts)
        while batch := list(itertools.islice(texts, _TEXTS_AT_ONCE)):
            shingles = self.shingles(batch)
            hashes = np.split(shingles.hashes, shingles.ends[:-1])
            yield from zip(self.compressed(self.minima(shingles)), map(np.unique, hashes), strict=True)

    @staticmethod
    def compressed(minima: np.ndarray) -> np.ndarray:
        """Return signatures: 8 bits of each minimum, as many bytes as there are hashes.

        Args:
            minima: What `minima` returns.
        """
        return (mixed(minima) >> np.uint64(56)).astype(np.uint8)

    @staticmethod
    def similarities(signature: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the estimated Jaccard similarity of one text with others, (others,) float.

        Args:
            signature: (num_hashes,) uint8.
            others: (others, num_hashes) uint8.
        """
        agreement = (others == signature).mean(axis=-1)
        return np.maximum(0.0, (256 * agreement - 1) / 255)  # 1 in 256 agrees by chance


def jaccard(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Jaccard similarity of two sets of shingles; of two empty ones 0.

    Args:
        first: Hashes, in any order.
        second: Hashes, in any order.
    """
    first, second = np.unique(first), np.unique(second)
    num_shared = len(np.intersect1d(first, second, assume_unique=True))
    return num_shared / max(1, len(first) + len(second) - num_shared)


def mixed(numbers: np.ndarray) -> np.ndarray:
    """Return numbers of which each bit depends on all bits of those given: the last steps of SplitMix64.

    Args:
        numbers: uint64, of any shape.
    """
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


@functools.cache
def _kinds() -> np.ndarray:
    kinds = np.fromiter(
        (unicodedata.category(chr(code))[0] in "LMN" for code in range(NUM_TABLED)), np.uint8, NUM_TABLED
    )
    for first, end in WITHOUT_SPACES:
        kinds[first:end] *= _ALONE
    return np.append(kinds, np.uint8(_ALONE))


def _words(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of the words of all texts, (words,) uint64, and how many words each text has."""
    plain = [text if text.isascii() else unicodedata.normalize("NFKC", text) for text in texts]
    plain = [text.casefold() + "\n" for text in plain]
    codes = np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = _kinds()[np.minimum(codes, NUM_TABLED)]
    begins = kinds == _ALONE
    begins[1:] |= (kinds[1:] == _IN_WORD) & (kinds[:-1] != _IN_WORD)
    begins[:1] |= kinds[:1] == _IN_WORD
    (starts,) = np.nonzero(begins)
    text_ends = np.cumsum([len(text) for text in plain], dtype=np.int64)
    num_words = np.diff(np.searchsorted(starts, text_ends), prepend=0)
    (inside,) = np.nonzero(kinds)
    if not len(inside):
        return np.zeros(0, np.uint64), num_words
    first_inside = np.searchsorted(inside, starts)
    lengths = np.diff(first_inside, append=len(inside))
    positions = inside - np.repeat(starts, lengths)
    characters = codes[inside].astype(np.uint64) * _WORD + positions.astype(np.uint64) * _POSITION
    return mixed(np.add.reduceat(mixed(characters), first_inside)), num_words
