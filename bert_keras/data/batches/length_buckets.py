"""Batches of texts of like length, in few shapes, so that short texts do not pay for long ones."""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def default_buckets(sequence_length: int, *, fine: bool = False) -> tuple[int, ...]:
    """Doubling lengths from 32 on, up to `sequence_length`.

    Args:
        sequence_length: The longest row.
        fine: Also one and a half times each, from 24 on. A quarter less padding for sentences; but where a model is
            compiled for every length, as on JAX, twice as much compiling.

    Example:
        >>> default_buckets(100)
        (32, 64, 100)
        >>> default_buckets(100, fine=True)
        (24, 32, 48, 64, 96, 100)
    """
    buckets, length = [], 32
    while length < 2 * sequence_length:
        buckets += [3 * length // 4, length] if fine else [length]
        length *= 2
    return (*(bucket for bucket in buckets if bucket < sequence_length), sequence_length)


def fitted_buckets(lengths: np.ndarray, batch_size: int, sequence_length: int, *, most: int = 6) -> tuple[int, ...]:
    """The few row lengths, multiples of 8, with which these examples leave the least padding.

    Found by dynamic programming over the lengths that occur; the rows that fill up the last batch of a length count as
    padding, so that few examples get few lengths.

    Args:
        lengths: (examples,) int, the length that an example needs.
        batch_size: Examples in a batch.
        sequence_length: The longest row, at least that of every example.
        most: How many lengths there may be.

    Example:
        >>> fitted_buckets(np.array([5, 6, 6, 7, 20, 21, 60, 61]), 2, 64)
        (8, 24, 64)
    """
    if not len(lengths):
        return (sequence_length,)
    ends = np.unique(np.minimum(-(-np.asarray(lengths) // 8) * 8, sequence_length)).tolist()
    below = [0, *np.searchsorted(np.sort(lengths), ends, side="right").tolist()]  # examples that fit into each

    def tokens(shorter, longest):
        """Tokens in the batches of the examples between two ends, all padded to the longer one."""
        return -(-(below[longest] - below[shorter]) // batch_size) * batch_size * ends[longest - 1]

    best = [(0, ())] + [(math.inf, ())] * len(ends)  # tokens and buckets for the examples of so many ends
    for _ in range(most):
        best = [
            min([best[j], *((best[i][0] + tokens(i, j), (*best[i][1], ends[j - 1])) for i in range(j))])
            for j in range(len(best))
        ]
    return best[-1][1]


class BucketedBatches:
    """Which examples make up each batch, and how long its rows are.

    Args:
        lengths: (examples,) int, the length that an example needs.
        buckets: Row lengths to choose from, ascending; the last one holds every example.
        batch_size: Examples in a batch. Free places, -1, fill up the last batch of a bucket.
    """

    def __init__(self, lengths: np.ndarray, buckets: Sequence[int], batch_size: int):
        self.lengths = np.asarray(lengths)
        self.buckets = np.asarray(buckets)
        self.batch_size = batch_size
        self._bucket_of = np.searchsorted(self.buckets, self.lengths)
        counts = np.bincount(self._bucket_of, minlength=len(buckets))
        self._num_batches = -(-counts // batch_size)
        self.num_batches = int(self._num_batches.sum())

    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """All examples in their order; a batch is as long as its longest example needs.

        Returns:
            (batches, batch_size) example numbers and (batches,) row lengths, int32.
        """
        free = -len(self.lengths) % self.batch_size
        rows = np.pad(np.arange(len(self.lengths)), (0, free), constant_values=-1).reshape(-1, self.batch_size)
        bucket_of = np.where(rows >= 0, self._bucket_of[rows], 0).max(axis=1)
        return rows.astype(np.int32), self.buckets[bucket_of].astype(np.int32)

    def shuffled(self, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """All examples in random order, each batch out of one bucket, in the graph.

        Args:
            seed: (2,) integers.

        Returns:
            As `in_order`, (num_batches, batch_size) and (num_batches,).
        """
        example_seed, batch_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
        order = _shuffle(tf.range(len(self.lengths)), example_seed)
        bucket_of = tf.gather(tf.constant(self._bucket_of, tf.int32), order)
        rows = []
        for bucket, num_batches in enumerate(self._num_batches):
            members = tf.boolean_mask(order, bucket_of == bucket)
            free = num_batches * self.batch_size - tf.size(members)
            rows.append(tf.reshape(tf.pad(members, [[0, free]], constant_values=-1), [num_batches, self.batch_size]))
        row_lengths = tf.constant(np.repeat(self.buckets, self._num_batches), tf.int32)
        batches = _shuffle(tf.range(self.num_batches), batch_seed)
        return tf.gather(tf.concat(rows, 0), batches), tf.gather(row_lengths, batches)


def _shuffle(values: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.experimental.stateless_shuffle(values, seed, alg="philox")
