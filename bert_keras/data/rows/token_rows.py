"""Rows cut out of one long vector of token ids, one text or two in each: what the rows of every task are made of."""

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.encoder_inputs import assemble_rows
from bert_keras.data.rows.rows import entries_of_rows

Ranges = tuple[np.ndarray, np.ndarray]


class TokenRows:
    """Rows of one text or of two that already fit, with the special tokens of the family; a `Rows` without targets.

    Args:
        token_ids: (tokens,) int, all texts end to end.
        first: Starts and lengths of the first texts among them, (rows,) int each.
        second: The same of the second texts; None for rows of one text.
        tokenizer: What made the ids; its vocabulary has the layout of a row.
        sequence_length: The longest row, special tokens included.
    """

    def __init__(self, token_ids: np.ndarray, first: Ranges, second: Ranges | None, tokenizer, *, sequence_length: int):
        self.sequence_length = sequence_length
        self.tokenizer = tokenizer
        self.layout = tokenizer.vocabulary.row_layout
        lengths = [text[1] for text in (first, second) if text is not None]
        self.row_lengths = sum(lengths) + self.layout.num_special_tokens(len(lengths))
        with tf.device("CPU"):  # where the input pipeline runs
            self._token_ids = tf.constant(token_ids, tf.int32)
            self._first, self._second = (
                None if text is None else tuple(tf.constant(part, tf.int32) for part in text)
                for text in (first, second)
            )

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`: `token_ids`, `segment_ids` and `padding_mask`, (batch, length) int32 each."""
        numbers = tf.cast(numbers, tf.int32)
        first, second = (
            None if text is None else tuple(entries_of_rows(part, numbers) for part in text)
            for text in (self._first, self._second)
        )
        return assemble_rows(self._token_ids, first, second, length, self.layout)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple | None:
        """As `Rows.targets`: these rows have none."""
        return None
