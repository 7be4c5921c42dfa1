"""What a task says of its rows, so that batches are made of them and a model predicts them: the protocol `Rows`."""

import inspect
from typing import Any, Protocol

import numpy as np
import tensorflow as tf


class Rows(Protocol):
    """Numbered rows of known length: all that a task has of its own between its files and a model.

    `batches` makes the batches of a training of any such rows, and `bert_keras.inference.Predictor` predicts them. The
    tasks of this package have one class each: `TextRows`, `ChoiceRows`, `TagRows`, `SpanRows`, `TripleRows`,
    `RelationRows`, `MatchingRows`, `QuestionWindows` and `MaskedTextRows`. A task of your own has another: it has
    `row_lengths`, (rows,) numpy int, the tokens of each row; `sequence_length`, the most that a row may have; and the
    two methods. `TokenizedTexts` is a beginning, rows of texts or of pairs that lack but `targets`. Rows that had
    better not meet in a batch have `shared`, {row: frozenset of anything}: in training no batch has two that share
    something, where that is possible. Rows that the loss compares with the others of their batch have `are_compared`,
    True: in training a batch has rows of any length. Rows that are another each time take a third argument in `inputs`,
    `seed`, (2,) int64, which differs by epoch.

    Example:
        >>> from bert_keras.data import TokenizedTexts, WordPieceTokenizer, batches
        >>> class AgeRows(TokenizedTexts):
        ...     '''Texts, and how old their writers were.'''
        ...
        ...     def __init__(self, texts, ages, tokenizer, *, sequence_length):
        ...         super().__init__(texts, None, tokenizer, sequence_length=sequence_length)
        ...         self.ages = tf.constant(ages, tf.float32)
        ...
        ...     def targets(self, numbers, length):
        ...         is_row = tf.cast(numbers >= 0, tf.float32)
        ...         return is_row * tf.gather(self.ages, tf.maximum(numbers, 0)), is_row
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "so", "good", "bad"])
        >>> rows = AgeRows(["so good", "bad", "so so bad"], [7.0, 43.0, 21.0], tokenizer, sequence_length=16)
        >>> for x, y, sample_weight in batches(rows, batch_size=2, training=False):
        ...     print(x["token_ids"][:, :5].numpy().tolist(), y.numpy().tolist(), sample_weight.numpy().tolist())
        [[2, 4, 5, 3, 0], [2, 6, 3, 0, 0]] [7.0, 43.0] [1.0, 1.0]
        [[2, 4, 4, 6, 3], [2, 3, 0, 0, 0]] [21.0, 0.0] [1.0, 0.0]
    """

    row_lengths: np.ndarray
    sequence_length: int

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """Make the model's inputs of some rows, in the graph or eagerly.

        Args:
            numbers: (batch,) int32 row numbers; -1 for a filler, a row of special tokens alone.
            length: Tokens of each row of the batch.

        Returns:
            A dict of the model's inputs, the encoder's `token_ids`, `segment_ids` and `padding_mask` (batch, length)
            int32, and what else it takes.
        """

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[Any, Any] | None:
        """Give what a model is to say of some rows, and how much each counts, in the graph or eagerly.

        Args:
            numbers: As for `inputs`.
            length: As for `inputs`.

        Returns:
            `(y, sample_weight)`, with weight 0 for fillers; None for rows without labels.
        """


def takes_seed(rows: Rows) -> bool:
    """Say whether a row is another one in each epoch, by the `seed` that `rows.inputs` then takes, (2,) integers.

    Args:
        rows: Any.
    """
    return "seed" in inspect.signature(rows.inputs).parameters


def entries_of_rows(table: tf.Tensor, numbers: tf.Tensor, filler: int = 0) -> tf.Tensor:
    """Look up what a table has for some rows.

    Args:
        table: (rows, ...).
        numbers: (batch,) int32 row numbers, -1 for a filler.
        filler: What a filler gets.

    Returns:
        (batch, ...) of the table's dtype.
    """
    entries = tf.gather(table, tf.maximum(numbers, 0))
    is_row = tf.reshape(numbers >= 0, [-1, *[1] * (table.shape.rank - 1)])
    return tf.where(is_row, entries, tf.cast(filler, table.dtype))
