"""Text to byte-pair ids inside the TensorFlow graph: cut into words by GPT-2's rule, then the words merged.

GPT-2's regular expression asks what stands behind white space, which TensorFlow's cannot: a run of white space leaves
its last character to the word behind it. Here that place is marked first, by a stand-in. Stand-ins are halves of
surrogate pairs, which no valid text has, but which these expressions match.

Most words are one token, and stand between two spaces: a table gives their ids. Only what is left, each piece once,
goes through the expressions and the kernel.
"""

import logging
import re

import tensorflow as tf

from bert_keras.data.tokenization.byte_alphabet import bytes_of
from bert_keras.data.tokenization.byte_pair_merges import NEVER, completing_merges
from bert_keras.data.tokenization.byte_pair_model import byte_pair_model
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.data.tokenization.sentencepiece_kernel import SentencePieceKernel

_logger = logging.getLogger(__name__)
# Unicode's white space
SPACES = r" \t-\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
STAND_INS = r"\x{D800}-\x{DFFF}"
BREAK, BREAK_PATTERN = b"\xed\xa0\x81", r"\x{D801}"  # between two words
_INNER, _INNER_PATTERN = b"\xed\xa0\x80", r"\x{D800}"  # a space behind white space
# Letters and numbers of Unicode 15.1 and 16, which `tokenizers` knows and the tables of TensorFlow 2.21 do not.
_NEW_LETTERS = (
    "1C89-1C8A A7CB-A7CD A7DA-A7DC 105C0-105F3 10D4A-10D65 10D6F-10D85 10EC2-10EC4 11380-11389 1138B 1138E "
    "11390-113B5 113B7 113D1 113D3 11BC0-11BE0 13460-143FA 16100-1611D 16D40-16D6C 18CFF 1E5D0-1E5ED 1E5F0 "
    "2EBF0-2EE5D"
)
_NEW_NUMBERS = "10D40-10D49 116D0-116E3 11BF0-11BF9 16130-16139 16D70-16D79 1CCF0-1CCF9 1E5F1-1E5FA"


def _ranges(code_points):
    return re.sub(r"\w+", r"\\x{\g<0>}", code_points).replace(" ", "")


_LETTER, _NUMBER = rf"\pL{_ranges(_NEW_LETTERS)}", rf"\pN{_ranges(_NEW_NUMBERS)}"
_OTHER = rf"[^{SPACES}{STAND_INS}{_LETTER}{_NUMBER}]"
_WORD = rf"'(?:[stmd]|re|ve|ll)| ?[{_LETTER}]+| ?[{_NUMBER}]+| ?{_OTHER}+|[{SPACES}]+"
_NOTHING, _UNKNOWN = -2, -1


class BytePairWords:
    """Gives the ids of texts that have no added tokens.

    Args:
        vocabulary: Tokens and merges.
    """

    def __init__(self, vocabulary: BytePairVocabulary):
        ranks = completing_merges(vocabulary.tokens, vocabulary.merges)
        spelled = [bytes_of(token) for token in vocabulary.tokens]
        ranks[[word is None for word in spelled]] = NEVER
        words = {word: index for index, word in enumerate(spelled) if ranks[index] != NEVER}
        _warn_of_missing_merges(vocabulary, ranks)
        # Pieces of a text between two spaces: the first of a text has a mark before it, the others lost their space.
        # A token may hold several words, or none in UTF-8: what stands between two spaces is not it.
        is_word = tf.strings.regex_full_match(list(words), _WORD).numpy()
        whole = {word: index for (word, index), is_one in zip(words.items(), is_word) if is_one}
        pieces = {word[1:]: index for word, index in whole.items() if word.startswith(b" ")}
        pieces |= {BREAK + word: index for word, index in whole.items()}
        with tf.device("CPU"):
            self._pieces = _table(pieces | {BREAK: _NOTHING})
            self._words = _table(words | {b"": _NOTHING})
            self._num_tokens = tf.constant(len(ranks), tf.int64)
        self._kernel = SentencePieceKernel(byte_pair_model(vocabulary.tokens, ranks))

    def __call__(self, texts: tf.Tensor, odd: tf.Tensor, has_space: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids.

        Args:
            texts: (batch,) strings, valid UTF-8.
            odd: (rows,) int64, the numbers of the texts that may have white space before a space.
            has_space: (batch,) bool, whether a text begins as if a space stood before it.

        Returns:
            (batch, tokens) int32.
        """
        marked = tf.strings.regex_replace(tf.gather(texts, odd), rf"([{SPACES}]) ", rb"\1" + _INNER)
        marked = tf.strings.regex_replace(marked, f"{_INNER_PATTERN} ", _INNER + _INNER)
        texts = tf.tensor_scatter_nd_update(texts, odd[:, tf.newaxis], marked)
        pieces = tf.strings.split(tf.strings.join([tf.where(has_space, b"", BREAK), texts]), " ")
        ids = self._pieces.lookup(pieces.values)
        unknown, index = tf.unique(tf.boolean_mask(pieces.values, ids == _UNKNOWN), tf.int64)
        tokens = self._of_all(ids, self._cut(unknown), index)  # (pieces, tokens)
        return tf.RaggedTensor.from_row_splits(
            tokens.values, tf.gather(tokens.row_splits, pieces.row_splits), validate=False
        )

    def _cut(self, pieces):
        """(pieces,) strings to (pieces, tokens) ids, by the expressions and the kernel."""
        texts = tf.strings.regex_replace(tf.strings.join([b" ", pieces]), f" {BREAK_PATTERN}", "")
        texts = tf.strings.regex_replace(texts, _INNER_PATTERN, " ")
        texts = tf.strings.regex_replace(texts, rf"([{SPACES}])([{SPACES}][^{SPACES}])", rb"\1" + BREAK + rb"\2")
        words = tf.strings.split(tf.strings.regex_replace(texts, _WORD, BREAK + rb"\0"), BREAK)
        ids = self._words.lookup(words.values)
        unknown, index = tf.unique(tf.boolean_mask(words.values, ids == _UNKNOWN), tf.int64)
        tokens = self._of_all(ids, self._kernel.tokenize(unknown), index)
        return tf.RaggedTensor.from_row_splits(
            tokens.values, tf.gather(tokens.row_splits, words.row_splits), validate=False
        )

    def _of_all(self, ids, tokens_of_unknown, index):
        """Put what a table knew and what it did not together.

        Args:
            ids: (items,) int32: one token, or `_NOTHING`, or `_UNKNOWN`.
            tokens_of_unknown: (rows, tokens) int32.
            index: (unknown items,) int64: the row of each.

        Returns:
            (items, tokens) int32.
        """
        # A row for each token of the vocabulary, which is that token; then the others; then one of no tokens.
        num_tokens, splits = self._num_tokens, tf.cast(tokens_of_unknown.row_splits, tf.int64)
        values = tf.concat([tf.range(tf.cast(num_tokens, tf.int32)), tokens_of_unknown.values], 0)
        splits = tf.concat([tf.range(num_tokens), num_tokens + splits, num_tokens + splits[-1:]], 0)
        rows = tf.RaggedTensor.from_row_splits(values, splits, validate=False)
        ids = tf.cast(ids, tf.int64)
        ids = tf.where(ids == _NOTHING, tf.size(splits, tf.int64) - 2, ids)
        ids = tf.tensor_scatter_nd_update(ids, tf.where(ids == _UNKNOWN), num_tokens + index)
        return tf.gather(rows, ids)


def _warn_of_missing_merges(vocabulary, ranks):
    added = {token.content for token in vocabulary.special_tokens.added}
    never = [token for token, rank in zip(vocabulary.tokens, ranks) if rank == NEVER and token not in added]
    if 100 * len(never) > len(ranks):
        _logger.warning(
            "%d of %d tokens, such as %r, come of no merges: are there merges missing in %s?",
            len(never), len(ranks), never[-1], vocabulary.source,
        )  # fmt: skip


def _table(ids):
    keys, values = tf.constant(list(ids), tf.string), tf.constant(list(ids.values()), tf.int32)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), _UNKNOWN)
