"""Rows cut out of one long vector of token ids, one text or two in each: what the rows of every task are made of."""

import dataclasses

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.encoder_inputs import assemble_rows
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.tokenizer import Tokenizer

Ranges = tuple[np.ndarray, np.ndarray]


class TokenRows:
    """Rows of one text or of two that already fit, with the special tokens of the family; a `Rows` without targets.

    Args:
        token_ids: (tokens,) int, all texts end to end.
        first: Starts and lengths of the first texts among them, (rows,) int each.
        second: The same of the second texts; None for rows of one text.
        tokenizer: What made the ids; its vocabulary has the layout of a row.
        sequence_length: The longest row, special tokens included.
        layout: Which special tokens stand in a row; None for the tokenizer's.
    """

    def __init__(
        self, token_ids: np.ndarray, first: Ranges, second: Ranges | None, tokenizer: Tokenizer, *,
        sequence_length: int, layout: RowLayout | None = None,
    ):  # fmt: skip
        self.sequence_length = sequence_length
        self.tokenizer = tokenizer
        self.layout = tokenizer.vocabulary.row_layout if layout is None else layout
        lengths = [text[1] for text in (first, second) if text is not None]
        self.row_lengths = sum(lengths) + self.layout.num_special_tokens(len(lengths))
        with tf.device("CPU"):  # where the input pipeline runs
            self._token_ids = tf.constant(token_ids, tf.int32)
            self._texts = tuple(
                None if text is None else tuple(tf.constant(part, tf.int32) for part in text)
                for text in (first, second)
            )

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`: `token_ids`, `segment_ids` and `padding_mask`, (batch, length) int32 each."""
        with tf.device("CPU"):
            numbers, layout = tf.cast(numbers, tf.int32), dataclasses.astuple(self.layout)
            if tf.executing_eagerly():  # in one call: two dozen little ones would take longer than a short text
                return _inputs_at_once(self._token_ids, self._texts, numbers, tf.cast(length, tf.int32), layout)
            return _inputs(self._token_ids, self._texts, numbers, length, layout)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple | None:
        """As `Rows.targets`: these rows have none."""
        return None


def _inputs(
    token_ids: tf.Tensor, texts: tuple, numbers: tf.Tensor, length: tf.Tensor | int, layout: tuple
) -> dict[str, tf.Tensor]:
    first, second = (None if text is None else tuple(entries_of_rows(part, numbers) for part in text) for text in texts)
    return assemble_rows(token_ids, first, second, length, RowLayout(*layout))


_inputs_at_once = tf.function(_inputs, reduce_retracing=True, autograph=False)
