"""Questions with their passages as batches for extractive question answering."""

import logging
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.questions.question_windows import QuestionWindows
from bert_keras.data.rows.batches import batches
from bert_keras.data.rows.rows import entries_of_rows

_logger = logging.getLogger(__name__)


def question_answering_dataset(windows: QuestionWindows, *, training: bool = True, **batching: Any) -> tf.data.Dataset:
    """Make `batches` of windows with the places of their answers.

    Args:
        windows: The rows.
        training: Whether to shuffle; windows of questions whose answers have no known place are left out then, and
            logged. Otherwise all rows come in their order.
        **batching: As for `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `QuestionWindows` says.

    Raises:
        ValueError: If the lengths do not fit, or there is nothing to train on.

    Example:
        >>> from bert_keras.data import Answer, Question, WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "who", "sat", "a", "cat"])
        >>> question = Question("1", "who sat", "a cat sat", (Answer("a cat", 0),))
        >>> windows = QuestionWindows([question], tokenizer, sequence_length=12, stride=4, max_question_tokens=4)
        >>> x, y, sample_weight = next(iter(question_answering_dataset(windows, batch_size=1, training=False)))
        >>> int(y["start"][0]), int(y["end"][0])  # behind [CLS] who sat [SEP]
        (4, 5)
    """
    if not training:
        return batches(windows, training=False, **batching)
    _, _, is_known = windows.answer_positions()
    if not is_known.any():
        raise ValueError("no window has an answer at a known place")
    if not is_known.all():
        _logger.warning("%d of %d windows have no answer at a known place", (~is_known).sum(), len(windows))
    return batches(_SomeWindows(windows, np.flatnonzero(is_known)), **batching)


class _SomeWindows:
    """Some of the rows of others, as `Rows` with numbers of their own."""

    def __init__(self, windows: QuestionWindows, chosen: np.ndarray):
        self.sequence_length = windows.sequence_length
        self.row_lengths = windows.row_lengths[chosen]
        self._windows = windows
        with tf.device("CPU"):  # where the input pipeline runs
            self._chosen = tf.constant(chosen, tf.int32)

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int):
        return self._windows.inputs(entries_of_rows(self._chosen, numbers, filler=-1), length)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int):
        return self._windows.targets(entries_of_rows(self._chosen, numbers, filler=-1), length)
