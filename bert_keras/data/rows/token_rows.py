"""Rows cut out of one long vector of token ids, one text or two in each: what the rows of every task are made of."""

import functools

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
            if tf.executing_eagerly():  # in one call: two dozen little ones would take longer than a short text
                numbers, length = (tf.constant(np.asarray(some, "int32")) for some in (numbers, length))
                ranges = [part for text in self._texts if text for part in text]
                return _inputs_at_once(self.layout, len(ranges))(self._token_ids, numbers, length, *ranges)
            return _inputs(self.layout, self._token_ids, tf.cast(numbers, tf.int32), length, *self._texts)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple | None:
        """As `Rows.targets`: these rows have none."""
        return None


def _inputs(
    layout: RowLayout, token_ids: tf.Tensor, numbers: tf.Tensor, length: tf.Tensor | int, *texts: tuple | None
) -> dict[str, tf.Tensor]:
    first, second = (None if text is None else tuple(entries_of_rows(part, numbers) for part in text) for text in texts)
    return assemble_rows(token_ids, first, second, length, layout)


@functools.cache
def _inputs_at_once(layout, num_ranges):
    """Return `_inputs` as a graph for any number of rows: called, it need not look again at what its arguments are."""

    def inputs(token_ids, numbers, length, *ranges):
        return _inputs(layout, token_ids, numbers, length, ranges[:2], ranges[2:] or None)

    vector, number = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
    graph = tf.function(inputs, input_signature=[vector, vector, number, *[vector] * num_ranges], autograph=False)
    return graph.get_concrete_function()
