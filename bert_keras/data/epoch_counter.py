"""Tells a finite dataset which pass over it is under way, so that each pass can have an order of its own.

`tf.data`'s own reshuffling counts every iterator that was ever made, and Keras makes some that it hardly reads. Here a
pass counts when its last batch is handed out: looking at a batch, or stopping early, changes nothing.
"""

import tensorflow as tf


class EpochCounter:
    """Counts the passes over a dataset that were read to the end of an epoch.

    Args:
        start_step: Batches to leave out of the endless stream of epochs. Within an epoch, the first pass gives the
            rest of it and then the beginning of the next: it is as long as every pass. Who stops at the epoch's end,
            as `SaveAndResume` does, has whole epochs from there on.
        num_batches: Batches in an epoch.
    """

    def __init__(self, start_step: int, num_batches: int):
        self.num_batches = num_batches
        with tf.device("CPU"):
            self._step = tf.Variable(start_step, dtype=tf.int64, trainable=False)
            self._pass_start = tf.Variable(start_step, dtype=tf.int64, trainable=False)

    def current(self) -> tf.data.Dataset:
        """A dataset read anew in each pass: pairs of an epoch and the slice `(begin, end)` of it to give."""

        def begin(_):
            return self._pass_start.assign(self._step.read_value()).read_value()

        def parts(step):
            epoch, skipped = step // self.num_batches, step % self.num_batches
            slices = tf.stack([[skipped, self.num_batches], [0, skipped]])
            return tf.data.Dataset.from_tensor_slices((tf.stack([epoch, epoch + 1]), slices))

        dataset = tf.data.Dataset.from_tensors(0).map(begin).flat_map(parts)
        return dataset.filter(lambda epoch, part: part[0] < part[1])

    def count(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Notes where the stream is whenever the last batch of an epoch, or of a pass, is handed out."""

        def advance(index, element):
            step = self._pass_start + index + 1
            is_end = (step % self.num_batches == 0) | (index == self.num_batches - 1)
            self._step.assign(tf.where(is_end, step, self._step))
            return element

        return dataset.enumerate().map(advance)
