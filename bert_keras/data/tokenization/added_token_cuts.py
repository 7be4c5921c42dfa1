"""Texts cut at the tokens that stay whole, inside the TensorFlow graph; what lies between goes to another function."""

import re
from collections.abc import Callable

import tensorflow as tf

from bert_keras.data.tokenization.added_tokens import AddedToken
from bert_keras.data.tokenization.byte_pair_words import BREAK, BREAK_PATTERN, SPACES


class AddedTokenCuts:
    """Finds tokens in texts: the leftmost first and, of those that begin at one place, the longest.

    Args:
        ids: {token: id}.
        unit: What offsets count: "BYTE" or "UTF8_CHAR".
    """

    def __init__(self, ids: dict[AddedToken, int], unit: str):
        self._unit = unit
        self._pattern = _any_of(ids)
        self._left = _any_of(token for token in ids if token.lstrip)
        self._right = _any_of(token for token in ids if token.rstrip)
        self._stripped = _any_of(token for token in ids if token.lstrip or token.rstrip)
        numbers = {"": -1} | {token.content: number for token, number in ids.items()}  # no table may be empty
        with tf.device("CPU"):
            keys, values = tf.constant([*numbers]), tf.constant([*numbers.values()], tf.int32)
            self._ids = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)

    def __call__(self, texts: tf.Tensor, odd: tf.Tensor, inner: Callable) -> tuple[tf.RaggedTensor, ...]:
        """Return what `inner` returns, with these tokens in their places.

        Args:
            texts: (batch,) strings, valid UTF-8.
            odd: (rows,) int64, the numbers of the texts that may have such a token.
            inner: Takes texts without these tokens and the numbers of odd ones; returns a tuple of ragged (batch,
                tokens): int32 ids, and, or not, int64 offsets of their first and last byte or character.
        """
        if not self._pattern:
            return inner(texts, odd)
        some = tf.gather(texts, odd)
        is_there = tf.reduce_any(tf.strings.regex_full_match(some, f"(?s).*(?:{self._pattern}).*"))
        # Most batches have none. `inner`, the larger part, is not to be in both branches.
        segments, ids, odd = tf.cond(is_there, lambda: self._cut(texts), lambda: _whole(texts, odd))
        results = inner(tf.where(ids >= 0, "", segments.values), odd)
        return tf.cond(is_there, lambda: self._filled_in(segments, ids, results), lambda: results)

    def _cut(self, texts):
        """(batch, segments) strings; (segments,) ids, -1 for ordinary text; and the numbers of odd segments."""
        segments = tf.strings.split(self._marked(texts), BREAK)
        keys = segments.values
        if self._stripped:
            keys = tf.strings.regex_replace(keys, f"^[{SPACES}]*({self._stripped})[{SPACES}]*$", r"\1")
        return segments, self._ids.lookup(keys), tf.range(tf.size(keys, tf.int64))

    def _filled_in(self, segments, ids, results):
        is_token = ids >= 0
        own = tf.RaggedTensor.from_row_lengths(tf.boolean_mask(ids, is_token), tf.cast(is_token, tf.int64))
        between_ids, *offsets = results
        parts = [tf.concat([own, between_ids], axis=1)]
        if offsets:
            lengths = tf.cast(tf.strings.length(segments.values, unit=self._unit), tf.int64)
            begins = tf.cumsum(lengths, exclusive=True)
            in_row = begins - tf.gather(begins, tf.gather(segments.row_splits, segments.value_rowids()))
            for offset, of_own in zip(offsets, (tf.zeros_like(lengths), lengths - 1)):
                offset = tf.concat([own.with_values(tf.boolean_mask(of_own, is_token)), offset], axis=1)
                parts.append(offset.with_values(offset.values + tf.gather(in_row, offset.value_rowids())))
        splits = tf.gather(parts[0].row_splits, segments.row_splits)
        return tuple(tf.RaggedTensor.from_row_splits(part.values, splits, validate=False) for part in parts)

    def _marked(self, texts):
        """Put a break before and behind each token, with its white space."""
        texts = tf.strings.regex_replace(texts, f"(?:{self._pattern})", BREAK + rb"\0" + BREAK)
        found = BREAK + rb"\1\2" + BREAK
        if self._right:  # the leftmost first: what lies between one of these and one of those below goes to this one
            pattern = f"{BREAK_PATTERN}({self._right}){BREAK_PATTERN}([{SPACES}]+)"
            texts = tf.strings.regex_replace(texts, pattern, found)
        if self._left:
            pattern = f"([{SPACES}]+){BREAK_PATTERN}({self._left}){BREAK_PATTERN}"
            texts = tf.strings.regex_replace(texts, pattern, found)
        return texts


def _any_of(tokens):
    contents = sorted((token.content for token in tokens), key=len, reverse=True)
    return "|".join(map(re.escape, contents))


def _whole(texts, odd):
    splits = tf.range(tf.size(texts, tf.int64) + 1)
    segments = tf.RaggedTensor.from_row_splits(texts, splits, validate=False)
    return segments, tf.fill(tf.shape(texts), -1), odd
