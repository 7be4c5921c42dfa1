"""The rows of matching: anchor, positive and negatives of an example beside each other; and batches of these."""

import collections
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.matching.matching_examples import MatchingExamples
from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.tokenization.tokenizer import Tokenizer


class MatchingRows:
    """Texts beside those that they match as `Rows`, each text `[CLS] text [SEP]` by itself.

    A row is an example: inputs are (batch, texts, length), and an example is as long as its longest text. A text that
    several examples have is tokenized once.

    Targets are `(y, sample_weight)`, sample_weight (batch,) float32, 0 for fillers. y is (batch,) float32 scores or
    int32 classes of pairs, or (batch, texts - 1) float32 scores of a teacher. Without any of them it is (batch,) int32
    group numbers, -1 for a filler: the other texts of a batch are negatives of an anchor, but for those of a row with
    the same number. Rows are of one group if the anchor or positive of one is among the texts of the other, or both are
    so with a third one. In training such rows are kept apart, so that few groups have more than one row.

    Matches and scored pairs are compared with all others of their batch, which therefore has rows of any length: where
    short texts met short ones alone, their cosines would not be learned on the scale of the long ones'.

    Args:
        examples: From `read_matching`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest text, special tokens included. Longer ones are cut.
        prompts: What stands before an anchor, and before every other text, for encoders that read queries otherwise
            than passages.

    Raises:
        ValueError: If there is no example.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "kitten", "dog"])
        >>> rows = MatchingRows(MatchingExamples((("cat", "kitten"), ("dog", "dog"))), tokenizer, sequence_length=8)
        >>> rows.row_lengths.tolist(), rows.targets(np.array([0, 1, -1]), 8)[0].numpy().tolist()
        ([3, 3], [0, 1, -1])
    """

    def __init__(
        self,
        examples: MatchingExamples,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        prompts: tuple[str, str] = ("", ""),
    ):
        if not len(examples):
            raise ValueError("expected one example or more, received none")
        self.sequence_length = sequence_length
        self._num_texts = examples.num_texts
        number_of: dict[str, int] = {}
        texts_of_rows = np.array(
            [
                [number_of.setdefault(prompts[place > 0] + text, len(number_of)) for place, text in enumerate(texts)]
                for texts in examples.texts
            ],
            np.int32,
        )  # (rows, texts)
        self._texts = TokenizedTexts(list(number_of), None, tokenizer, sequence_length=sequence_length)
        self.row_lengths = self._texts.row_lengths[texts_of_rows].max(axis=1)
        self.are_compared = examples.kind in ("matches", "scores")
        self.shared = _shared(texts_of_rows) if examples.labels is None else {}
        with tf.device("CPU"):
            self._texts_of_rows = tf.constant(texts_of_rows)
            self._labels = None if examples.labels is None else tf.constant(examples.label_array())

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`, (batch, texts, length) int32 each."""
        texts = entries_of_rows(self._texts_of_rows, tf.cast(numbers, tf.int32), filler=-1)
        inputs = self._texts.inputs(tf.reshape(texts, [-1]), length)
        return {name: tf.reshape(value, [-1, self._num_texts, length]) for name, value in inputs.items()}

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Rows.targets`."""
        numbers = tf.cast(numbers, tf.int32)
        sample_weight = tf.cast(numbers >= 0, tf.float32)
        if self._labels is not None:
            return entries_of_rows(self._labels, numbers), sample_weight
        texts = entries_of_rows(self._texts_of_rows, numbers, filler=-1)
        return _groups(numbers, texts), sample_weight


def _shared(texts_of_rows: np.ndarray) -> dict[int, frozenset]:
    """Return {row: texts that other rows have, too}."""
    rows_of = collections.Counter(text for row in texts_of_rows.tolist() for text in {*row})
    common = {text for text, count in rows_of.items() if count > 1}
    found = ((number, common.intersection(row)) for number, row in enumerate(texts_of_rows.tolist()))
    return {number: frozenset(texts) for number, texts in found if texts}


def _groups(numbers: tf.Tensor, texts: tf.Tensor) -> tf.Tensor:
    """Return for each row the first of its group: rows take the least number of their neighbours until none changes."""
    same = texts[:, tf.newaxis, :2, tf.newaxis] == texts[tf.newaxis, :, tf.newaxis, :]  # (batch, batch, 2, texts)
    is_neighbour = tf.reduce_any(same, axis=(2, 3))
    is_neighbour |= tf.transpose(is_neighbour)

    def least(groups: tf.Tensor) -> tf.Tensor:
        return tf.reduce_min(tf.where(is_neighbour, groups[tf.newaxis], tf.int32.max), axis=1)

    def spreads(groups: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
        return tf.reduce_any(groups != last)

    groups, _ = tf.while_loop(spreads, lambda groups, _: (least(groups), groups), (least(numbers), numbers))
    return groups


def matching_dataset(
    examples: MatchingExamples, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of texts beside those that they match: `batches` of `MatchingRows`.

    Args:
        examples: As for `MatchingRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest text.
        batch_size: Examples in a batch.
        **options: Further ones of `MatchingRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `MatchingRows` says.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_matching
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "kitten", "dog"])
        >>> examples = read_matching([{"sentence1": "cat", "sentence2": "kitten", "score": 0.5}])
        >>> dataset = matching_dataset(examples, tokenizer, sequence_length=16, batch_size=1, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> x["token_ids"][0, :, :3].numpy().tolist(), y.numpy().tolist()
        ([[2, 5, 3], [2, 6, 3]], [0.5])
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(MatchingRows, examples, tokenizer, **sizes, **options)
