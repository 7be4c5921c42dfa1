"""The dataset behind every fine-tuning task: numbered rows of known length, in batches of like length.

A task says how long each of its rows is and how a batch of row numbers becomes `(x, y, sample_weight)`; shuffling,
few shapes, filler rows, epochs that differ and runs that go on are the same for all of them.
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.batches.accelerators import compiles_each_length
from bert_keras.data.batches.autotuner import without_autotuner
from bert_keras.data.batches.epoch_counter import EpochCounter
from bert_keras.data.batches.length_buckets import BucketedBatches, every_length, fitted_buckets
from bert_keras.data.batches.random_streams import random_stream


def bucketed_dataset(
    row_lengths: np.ndarray,
    make_batch: Callable[[tf.Tensor, tf.Tensor | int], object],
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of numbered rows.

    In training, batches are made of rows of like length and come in another order in each epoch: the n-th time the
    dataset is read to its last batch. The order is a function of `(seed, epoch)`. Otherwise the rows keep their order.

    Args:
        row_lengths: (rows,) int, the tokens of each row.
        make_batch: From (batch_size,) int32 row numbers, -1 in free places, and the batch's row length to what the
            dataset yields; called in the graph.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        training: Whether to shuffle.
        seed: Any integer.
        buckets: Row lengths, ascending; None for every length that occurs, or, where a model is compiled for each,
            for the few that leave least padding, see `fitted_buckets`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Raises:
        ValueError: If the lengths do not fit.
    """
    check_numbers(sequence_length, batch_size, start_step)
    if not len(row_lengths):
        raise ValueError("expected one row or more, received none")
    mixed = 1
    if buckets is None and compiles_each_length():
        buckets = fitted_buckets(row_lengths, sequence_length)
    elif buckets is None:
        buckets, mixed = every_length(row_lengths, sequence_length), 2
    elif list(buckets) != sorted(set(buckets)) or min(buckets, default=0) < 8 or buckets[-1] != sequence_length:
        raise ValueError(
            f"buckets must ascend from at least 8 to sequence_length={sequence_length}, received {buckets}"
        )
    batches = BucketedBatches(row_lengths, buckets, batch_size, mixed=mixed)
    order_stream = random_stream(seed, "order", training)
    epoch, step = divmod(start_step, batches.num_batches)

    def shuffled(epoch: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(batches.shuffled(tf.stack([order_stream, epoch])))

    @tf.autograph.experimental.do_not_convert
    def batch_of(numbers: tf.Tensor, length: tf.Tensor):
        return make_batch(numbers, length if len(buckets) > 1 else buckets[0])

    if not training:
        dataset = tf.data.Dataset.from_tensor_slices(batches.in_order())
    elif repeat:
        dataset = tf.data.Dataset.range(epoch, tf.int64.max).flat_map(shuffled).skip(step)
    else:
        passes = EpochCounter(start_step, batches.num_batches)
        dataset = passes.current().flat_map(lambda epoch, part: shuffled(epoch).take(part[1]).skip(part[0]))
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches.num_batches))
    dataset = dataset.map(batch_of, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = without_autotuner(dataset.prefetch(tf.data.AUTOTUNE))
    return passes.count(dataset) if training and not repeat else dataset


def check_numbers(sequence_length: int, batch_size: int, start_step: int):
    """Raises `ValueError` for numbers that no dataset can have."""
    if sequence_length < 8:
        raise ValueError(f"sequence_length must be at least 8, received {sequence_length}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}")
    if start_step < 0:
        raise ValueError(f"start_step must not be negative, received {start_step}")
