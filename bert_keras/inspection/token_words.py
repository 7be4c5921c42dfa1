"""Which word of the raw texts each token belongs to, and how numbers of tokens become numbers of words."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from bert_keras.data.tagging.tagged_sentences import split_words
from bert_keras.inspection.attribution import Word

_NONE = -1


@dataclasses.dataclass(frozen=True)
class TokenWords:
    """The words that the tokens of some rows make up.

    Args:
        words: Those with a token, in the order of the texts.
        of_token: (rows, length) int32, the number of each token's word; -1 for special tokens, padding, and tokens in
            no word.
        num_unseen: How many words have no token: their text was cut, or the tokenizer drops them.
    """

    words: tuple[Word, ...]
    of_token: np.ndarray
    num_unseen: int = 0

    def sums(self, values: np.ndarray) -> tuple[np.ndarray, float]:
        """Add up what the tokens of each word have.

        Args:
            values: (rows, length) float array.

        Returns:
            (words,) float32 array, and the sum of the tokens that belong to none.
        """
        is_word = self.of_token != _NONE
        sums = np.bincount(self.of_token[is_word], values[is_word], minlength=len(self.words))
        return sums.astype("float32"), float(np.sum(values[~is_word]))

    def tokens_of(self, words: Sequence[int]) -> np.ndarray:
        """Return where the tokens of some words stand: (rows, length) bool.

        Args:
            words: Numbers of words.
        """
        return np.isin(self.of_token, np.asarray(words, int))

    def word_at(self, text_number: int, character: int) -> int | None:
        """Return the number of the word with a character; None where there is none.

        Args:
            text_number: The number of its text.
            character: Its number in the text.
        """
        for number, word in enumerate(self.words):
            if word.text_number == text_number and word.begin <= character < word.end:
                return number
        return None


def token_words(texts: Sequence[str], characters: np.ndarray) -> TokenWords:
    """Find the words of texts, and the word of each token.

    Words are those of BERT's rules: parted by spaces, each punctuation mark and each Chinese character is one. Where a
    token has characters of several, as "'s" or a Chinese word of a byte-pair or unigram vocabulary has, they are one
    word here: no method can tell them apart.

    Args:
        texts: The raw texts.
        characters: (rows, length, 3) int array, from `token_characters`.

    Raises:
        ValueError: If no token has a word.

    Example:
        >>> characters = np.array([[[-1, 0, 0], [0, 0, 4], [0, 4, 6], [-1, 0, 0]]])  # [CLS] Lyon 's [SEP]
        >>> found = token_words(["Lyon's bridges"], characters)
        >>> [(word.begin, word.end) for word in found.words], found.of_token.tolist(), found.num_unseen
        ([(0, 4), (4, 6)], [[-1, 0, 1, -1]], 1)
    """
    of_token, words, num_unseen = np.full(characters.shape[:2], _NONE, np.int32), [], 0
    for text_number, text in enumerate(texts):
        places = np.array(split_words(text), int).reshape(-1, 2)
        starts, ends = places.T
        first = np.searchsorted(ends, characters[..., 1], side="right")  # of the words that a token has
        behind = np.searchsorted(starts, characters[..., 2], side="left")
        has_word = (characters[..., 0] == text_number) & (first < behind)
        begins_word = np.ones(len(places), bool)
        for one, other in zip(first[has_word], behind[has_word], strict=True):
            begins_word[one + 1 : other] = False
        groups = np.cumsum(begins_word) - 1  # of each basic word: the word that it is part of
        seen, numbers = np.unique(groups[first[has_word]], return_inverse=True)
        of_token[has_word] = len(words) + numbers
        for group in seen:
            parts = places[groups == group]
            words.append(Word(int(parts[0, 0]), int(parts[-1, 1]), text_number))
        num_unseen += int(begins_word.sum()) - len(seen)
    if not words:
        shown = ", ".join(repr(text[:80]) for text in texts)
        raise ValueError(f"Expected a text with a word in it, of which the tokenizer makes a token; received {shown}.")
    return TokenWords(tuple(words), of_token, num_unseen)
