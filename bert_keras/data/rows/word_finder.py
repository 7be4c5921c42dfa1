"""Where the words of a batch stand, by its token ids: pieces of a word belong together."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.chinese_characters import has_chinese
from bert_keras.data.tokenization.tokenizer import TokenIds

_SPECIAL, _CONTINUES, _BEGINS, _ALONE = range(4)


class Words(NamedTuple):
    """Where the words of a batch stand, (batch, length) each.

    Attributes:
        is_candidate: bool, whether a token is of a word: not a special one.
        begins: bool, whether a word begins.
        numbers: int32, the number of the word in its row; of a special token, that of the word before it.
    """

    is_candidate: tf.Tensor
    begins: tf.Tensor
    numbers: tf.Tensor


class WordFinder:
    """Tells which tokens are of one word.

    A token continues a word as `vocabulary.continues_word` says, whatever the family's mark is. One with a Chinese
    character in it is a word of its own.

    Args:
        vocabulary: Gives `continues_word` and `tokens`.
        is_of_word: (vocabulary,) bool, which tokens are of a word; the others part words.

    Call arguments:
        token_ids: (batch, length) int32.
        begins_word: (batch, length) bool, which tokens begin a word, where that is known better; or None.

    Output:
        `Words`.

    Example:
        >>> from bert_keras.data import Vocabulary
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##heard", "so"])
        >>> words = WordFinder(vocabulary, np.arange(8) > 4)(tf.constant([[2, 5, 6, 7, 3]]))
        >>> words.numbers.numpy().tolist(), words.is_candidate.numpy().astype(int).tolist()
        ([[0, 0, 0, 1, 1]], [[0, 1, 1, 1, 0]])
    """

    def __init__(self, vocabulary: TokenIds, is_of_word: np.ndarray):
        is_alone = np.array([has_chinese(token) for token in vocabulary.tokens])
        kinds = np.where(np.asarray(vocabulary.continues_word), _CONTINUES, _BEGINS)
        self._kinds = np.where(is_of_word, np.where(is_alone, _ALONE, kinds), _SPECIAL).astype(np.int32)

    def __call__(self, token_ids: tf.Tensor, begins_word: tf.Tensor | None = None) -> Words:
        """Find the words, see the class."""
        kinds = tf.gather(self._kinds, token_ids)
        before = tf.pad(kinds[:, :-1], [[0, 0], [1, 0]], constant_values=_SPECIAL)
        is_candidate = kinds != _SPECIAL
        if begins_word is None:
            begins_word = (kinds >= _BEGINS) | (before == _ALONE)
        begins = is_candidate & (begins_word | (before == _SPECIAL))
        numbers = tf.maximum(tf.cumsum(tf.cast(begins, tf.int32), axis=1) - 1, 0)
        return Words(is_candidate, begins, numbers)
