"""Tells a finite dataset which pass over it is under way, so that each pass can have an order of its own.

`tf.data`'s own reshuffling counts every iterator that was ever made, and Keras makes some that it hardly reads. Here a
pass counts when its last batch is handed out: looking at a batch, or stopping early, changes nothing.
"""

import tensorflow as tf


class EpochCounter:
    """Counts the passes over a dataset that were read to the end of an epoch.

    Args:
        start_step: Batches to leave out of the endless stream of epochs. Within an epoch, the first pass gives the
            rest of it and then the beginning of the next: it is as long as every pass. The second begins with the
            next epoch; who reads the first only to the epoch's end, as `SaveAndResume` does, gets every batch once.
        num_batches: Batches in an epoch.
    """

    def __init__(self, start_step: int, num_batches: int):
        self.num_batches = num_batches
        with tf.device("CPU"):
            self._next_step = tf.Variable(start_step, dtype=tf.int64, trainable=False)

    def current(self) -> tf.data.Dataset:
        """Return a dataset read anew in each pass: pairs of an epoch and the slice `(begin, end)` of it to give."""

        def parts(step):
            epoch, skipped = step // self.num_batches, step % self.num_batches
            slices = tf.stack([[skipped, self.num_batches], [0, skipped]])
            return tf.data.Dataset.from_tensor_slices((tf.stack([epoch, epoch + 1]), slices))

        return self._first_step().flat_map(parts).filter(lambda epoch, part: part[0] < part[1])

    def count(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Note that an epoch is over when its last batch is handed out."""

        def advance(step, element):
            is_last = (step + 1) % self.num_batches == 0
            self._next_step.assign(tf.where(is_last, step + 1, self._next_step))
            return element

        steps = self._first_step().flat_map(lambda step: tf.data.Dataset.range(step, step + self.num_batches))
        steps = steps.apply(tf.data.experimental.assert_cardinality(self.num_batches))
        options = tf.data.Options()
        options.experimental_optimization.inject_prefetch = False  # a batch read ahead is not handed out yet
        return tf.data.Dataset.zip(steps, dataset).map(advance).with_options(options)

    def _first_step(self) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensors(0).map(lambda _: self._next_step.read_value())
