"""Offsets of byte-pair tokens without the white space at their ends, by the rule of Hugging Face's `tokenizers`."""

import re

import tensorflow as tf

from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary

_BLANKS = re.compile(f"[{ALPHABET[32]}\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*")


class OffsetTrimming:
    """Moves offsets past the spaces of their tokens, and past the white space that an added token took along.

    Args:
        vocabulary: The tokens.
        keeps_first_space: Whether a text may have been given a space before it: then a single space of its first
            token, and of any that begins with the text, is not trimmed.

    Reference:
        `process_offsets` of `pre_tokenizers/byte_level.rs` of https://github.com/huggingface/tokenizers
    """

    def __init__(self, vocabulary: BytePairVocabulary, *, keeps_first_space: bool):
        self._keeps_first_space = keeps_first_space
        tokens, added = vocabulary.tokens, vocabulary.special_tokens.added
        blanks = [(len(_BLANKS.match(token)[0]), len(_BLANKS.match(token[::-1])[0])) for token in tokens]
        strips = {token.content: (len(token.content), token.lstrip, token.rstrip) for token in added}
        with tf.device("CPU"):
            self._blanks = tf.constant(blanks, tf.int64)  # (vocabulary, 2), at the beginning and at the end
            # (vocabulary, 3): characters, and whether white space before and behind an added token goes with it
            self._strips = tf.constant([strips.get(token, (0, 0, 0)) for token in tokens], tf.int64)

    def __call__(self, ids: tf.RaggedTensor, starts: tf.Tensor, ends: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return trimmed offsets.

        Args:
            ids: (batch, tokens) int32.
            starts: (all tokens,) int64, first characters.
            ends: (all tokens,) int64, last characters + 1.

        Returns:
            starts and ends, (all tokens,) int64.
        """
        left, right = tf.unstack(tf.gather(self._blanks, ids.values), axis=1)
        length, takes_left, takes_right = tf.unstack(tf.gather(self._strips, ids.values), axis=1)
        left += (ends - starts - length) * takes_left
        right += (ends - starts - length) * takes_right
        if self._keeps_first_space:
            is_first = tf.range(tf.size(starts, tf.int64)) == tf.gather(ids.row_splits, ids.value_rowids())
            left = tf.where((is_first | (starts == 0)) & (left == 1), tf.zeros_like(left), left)
        starts = tf.minimum(starts + left, ends)
        return starts, tf.where((right > 0) & (ends >= right), tf.maximum(ends - right, starts), ends)
