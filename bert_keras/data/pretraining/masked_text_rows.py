"""The rows of a masked language model that is asked: texts with [MASK], and where the masks stand."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.length_batches import power_of_two
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.rows.tokenized_texts import tokenize_all
from bert_keras.data.tokenization.tokenizer import Tokenizer


class MaskedTextRows(TokenRows):
    """Texts with `[MASK]` as `Rows` without targets.

    The model's inputs have `mask_positions`, (batch, masks) int32, as many as the row with most of them has, rounded up
    to a power of two; behind those of a row stands 0. `num_masks`, (rows,) int, says how many each row has.

    Args:
        texts: The texts.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.

    Raises:
        ValueError: If a text has no `[MASK]`, or is longer.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> rows = MaskedTextRows(["so [MASK]", "[MASK] [MASK] good"], tokenizer, sequence_length=8)
        >>> rows.inputs(np.array([0, 1]), 5)["mask_positions"].numpy().tolist()
        [[2, 0], [1, 2]]
    """

    def __init__(self, texts: Sequence[str], tokenizer: Tokenizer, *, sequence_length: int):
        token_ids, starts, lengths = tokenize_all(texts, tokenizer)
        vocabulary = tokenizer.vocabulary
        is_mask = token_ids == vocabulary.mask_id
        begin = len(vocabulary.row_layout.begin)
        found = [np.flatnonzero(is_mask[start : start + length]) + begin for start, length in zip(starts, lengths)]
        super().__init__(token_ids, (starts, lengths), None, tokenizer, sequence_length=sequence_length)
        for text, positions, length in zip(texts, found, self.row_lengths.tolist()):
            if not len(positions):
                mask = vocabulary.tokens[vocabulary.mask_id]
                raise ValueError(f"expected {mask} in every text, found none in: {_shortened(text)}")
            if length > sequence_length:
                raise ValueError(
                    f"the model takes {sequence_length} tokens, special ones included; this text has {length}: "
                    f"{_shortened(text)}"
                )
        self.num_masks = np.array([len(positions) for positions in found], np.int32)
        counts = np.array([power_of_two(len(positions)) for positions in found], np.int32)
        table = np.zeros((len(found), counts.max(initial=1)), np.int32)
        for row, positions in zip(table, found):
            row[: len(positions)] = positions
        with tf.device("CPU"):  # where the input pipeline runs
            self._positions, self._counts = tf.constant(table), tf.constant(counts)

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`, with `mask_positions`."""
        most = tf.reduce_max(entries_of_rows(self._counts, numbers))
        positions = entries_of_rows(self._positions, numbers)[:, :most]
        return super().inputs(numbers, length) | {"mask_positions": positions}


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
