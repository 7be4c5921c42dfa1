"""Questions with their passages as batches for extractive question answering."""

import logging
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.batches.bucketed_dataset import bucketed_dataset
from bert_keras.data.questions.question_windows import QuestionWindows

_logger = logging.getLogger(__name__)


def question_answering_dataset(
    windows: QuestionWindows,
    *,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of windows with the places of their answers.

    Args:
        windows: The rows.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle, as `classification_dataset` does; windows of questions whose answers have no known
            place are left out then, and logged. Otherwise all rows come in their order, so that
            `model.predict(dataset)` belongs to `windows` row by row.
        seed: Any integer.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches to leave out, for a run that goes on; whole epochs, unless `repeat`.

    Returns:
        A dataset of `(x, y, sample_weight)`: x `token_ids`, `segment_ids`, `padding_mask` (batch_size, row length)
        int32; y `start` and `end`, the first and the last token of the answer, 0 where the window has none,
        (batch_size,) int32; sample_weight of the same names and shapes, float32.

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
    starts, ends, is_known = windows.answer_positions()
    chosen = np.flatnonzero(is_known) if training else np.arange(len(windows))
    if len(chosen) < len(windows):
        _logger.warning("%d of %d windows have no answer at a known place", len(windows) - len(chosen), len(windows))
    if not len(chosen):
        raise ValueError("no window has an answer at a known place")
    with tf.device("CPU"):
        numbers_of, weights_of = tf.constant(chosen, tf.int32), tf.constant(is_known, tf.float32)
        positions = {"start": tf.constant(starts), "end": tf.constant(ends)}

    def make_batch(numbers: tf.Tensor, length: tf.Tensor | int):
        is_real = tf.cast(numbers >= 0, tf.int32)
        numbers = tf.where(numbers >= 0, tf.gather(numbers_of, tf.maximum(numbers, 0)), -1)
        found = tf.maximum(numbers, 0)
        weights = tf.gather(weights_of, found) * tf.cast(is_real, tf.float32)
        y = {name: tf.gather(position, found) * is_real for name, position in positions.items()}
        return windows.rows(numbers, length), y, {"start": weights, "end": weights}

    return bucketed_dataset(
        windows.row_lengths[chosen], make_batch, sequence_length=windows.sequence_length, batch_size=batch_size,
        training=training, seed=seed, buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip
