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


def fitted_buckets(lengths: np.ndarray, sequence_length: int, *, most: int = 6) -> tuple[int, ...]:
    """The few row lengths, multiples of 8, with which these examples leave the least padding.

    Found by dynamic programming over the lengths that occur.

    Args:
        lengths: (examples,) int, the length that an example needs.
        sequence_length: The longest row, at least that of every example.
        most: How many lengths there may be.

    Example:
        >>> fitted_buckets(np.array([5, 6, 6, 7, 20, 21, 22, 60, 61]), 64, most=2)
        (24, 64)
    """
    if not len(lengths):
        return (sequence_length,)
    ends = np.unique(np.minimum(-(-np.asarray(lengths) // 8) * 8, sequence_length)).tolist()
    below = [0, *np.searchsorted(np.sort(lengths), ends, side="right").tolist()]  # examples that fit into each

    def extended(plan, shorter, longest):
        """A plan for the examples up to one end, and one more bucket for those up to a longer one."""
        tokens, buckets = plan
        end = ends[longest - 1]
        return tokens + (below[longest] - below[shorter]) * end, (*buckets, end)

    best = [(0, ())] + [(math.inf, ())] * len(ends)  # tokens and buckets for the examples of so many ends
    for _ in range(most):
        best = [min([best[j], *(extended(best[i], i, j) for i in range(j))]) for j in range(len(best))]
    return best[-1][1]


class BucketedBatches:
    """Which examples make up each batch, and how long its rows are.

    Args:
        lengths: (examples,) int, the length that an example needs.
        buckets: Row lengths to choose from, ascending; the last one holds every example.
        batch_size: Examples in a batch. Free places, -1, fill up the last one.
    """

    def __init__(self, lengths: np.ndarray, buckets: Sequence[int], batch_size: int):
        self.lengths = np.asarray(lengths)
        self.buckets = np.asarray(buckets)
        self.batch_size = batch_size
        self.num_batches = -(-len(self.lengths) // batch_size)
        self._bucket_of = np.searchsorted(self.buckets, self.lengths)

    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """All examples in their order; a batch is as long as its longest example needs.

        Returns:
            (batches, batch_size) example numbers and (batches,) row lengths, int32.
        """
        rows, row_lengths = self._cut(tf.range(len(self.lengths)))
        return rows.numpy(), row_lengths.numpy()

    def shuffled(self, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """All examples in random order, those of a bucket together, in the graph.

        Args:
            seed: (2,) integers.

        Returns:
            As `in_order`, (num_batches, batch_size) and (num_batches,).
        """
        example_seed, batch_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
        order = _shuffle(tf.range(len(self.lengths)), example_seed)
        by_bucket = tf.argsort(tf.gather(tf.constant(self._bucket_of, tf.int32), order), stable=True)
        rows, row_lengths = self._cut(tf.gather(order, by_bucket))
        batches = _shuffle(tf.range(self.num_batches), batch_seed)
        return tf.gather(rows, batches), tf.gather(row_lengths, batches)

    def _cut(self, order: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = tf.pad(order, [[0, -len(self.lengths) % self.batch_size]], constant_values=-1)
        rows = tf.reshape(rows, [self.num_batches, self.batch_size])
        # Free places are gathered as if they were an example of the first bucket.
        bucket_of = tf.gather(tf.constant(np.append(self._bucket_of, 0), tf.int32), rows % (len(self.lengths) + 1))
        return rows, tf.gather(tf.constant(self.buckets, tf.int32), tf.reduce_max(bucket_of, axis=1))


def _shuffle(values: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.experimental.stateless_shuffle(values, seed, alg="philox")
