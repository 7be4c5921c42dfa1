"""Batches of texts of like length, in few shapes, so that short texts do not pay for long ones."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.data.rows.kept_apart import keep_apart


def default_buckets(sequence_length: int) -> tuple[int, ...]:
    """Row lengths for texts that are not known beforehand, up to `sequence_length`.

    Multiples of 8; 32, 64, 128, ... where the model is compiled for each.

    Args:
        sequence_length: The longest row.
    """
    lengths = (32 << doubling for doubling in range(sequence_length.bit_length()))
    if not compiles_each_length():
        lengths = range(8, sequence_length, 8)
    return (*(length for length in lengths if length < sequence_length), sequence_length)


def padded_lengths(lengths: np.ndarray, sequence_length: int) -> np.ndarray:
    """How long the rows of some texts become: the next of `default_buckets`.

    Args:
        lengths: int or array of int, none above `sequence_length`.
        sequence_length: The longest row.

    Example:
        >>> padded_lengths(np.array([121, 128]), 128).tolist()
        [128, 128]
    """
    buckets = np.asarray(default_buckets(sequence_length))
    return buckets[np.searchsorted(buckets, lengths)]


def every_length(lengths: np.ndarray, sequence_length: int) -> tuple[int, ...]:
    """Each row length that occurs, at least 8, for models that are not compiled for each.

    Args:
        lengths: (examples,) int, the length that an example needs.
        sequence_length: The longest row, at least that of every example.

    Example:
        >>> every_length(np.array([5, 20, 20, 9]), 64)
        (8, 9, 20)
    """
    return tuple(np.unique(np.clip(lengths, min(8, sequence_length), sequence_length)).tolist()) or (sequence_length,)


def fitted_buckets(lengths: np.ndarray, sequence_length: int, *, most: int = 6) -> tuple[int, ...]:
    """Return the few row lengths, multiples of 8, with which these examples leave the least padding.

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
        """Return a plan for the examples up to one end, and one more bucket for those up to a longer one."""
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
        mixed: How many neighbouring buckets lie mixed in the shuffled order, so that examples of a rare length do not
            meet each other in every epoch. Costs padding. None mixes all, for a loss that compares the examples of a
            batch, and would never compare short ones with long ones.
        shared: {example: what it has}, of examples that share anything with another: a shuffled batch has no two that
            share something, where that is possible.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        buckets: Sequence[int],
        batch_size: int,
        *,
        mixed: int | None = 1,
        shared: Mapping[int, frozenset] | None = None,
    ):
        self.lengths = np.asarray(lengths)
        self.buckets = np.asarray(buckets)
        self.batch_size = batch_size
        self.mixed = mixed
        self.shared = shared
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
        """All examples in random order, those of a bucket or of `mixed` neighbours together, in the graph.

        Args:
            seed: (2,) integers.

        Returns:
            As `in_order`, (num_batches, batch_size) and (num_batches,).
        """
        example_seed, place_seed, batch_seed = tf.unstack(tf.random.split(seed, 3, alg="philox"))
        order = _shuffle(tf.range(len(self.lengths)), example_seed)
        if self.mixed is not None:
            place = tf.cast(tf.gather(tf.constant(self._bucket_of, tf.int32), order), tf.float32)
            if self.mixed > 1:
                place += tf.random.stateless_uniform([len(self.lengths)], place_seed, maxval=self.mixed, alg="philox")
            order = tf.gather(order, tf.argsort(place, stable=True))
        if self.shared:
            order = tf.ensure_shape(tf.numpy_function(self._kept_apart, [order], tf.int32), order.shape)
        rows, row_lengths = self._cut(order)
        batches = _shuffle(tf.range(self.num_batches), batch_seed)
        return tf.gather(rows, batches), tf.gather(row_lengths, batches)

    def _kept_apart(self, order: np.ndarray) -> np.ndarray:
        return np.array(keep_apart(order.tolist(), self.shared, self.batch_size), np.int32)

    def _cut(self, order: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = tf.pad(order, [[0, -len(self.lengths) % self.batch_size]], constant_values=-1)
        rows = tf.reshape(rows, [self.num_batches, self.batch_size])
        # Free places are gathered as if they were an example of the first bucket.
        bucket_of = tf.gather(tf.constant(np.append(self._bucket_of, 0), tf.int32), rows % (len(self.lengths) + 1))
        return rows, tf.gather(tf.constant(self.buckets, tf.int32), tf.reduce_max(bucket_of, axis=1))


def _shuffle(values: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.experimental.stateless_shuffle(values, seed, alg="philox")
