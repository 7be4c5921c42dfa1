"""Tells a finite dataset which pass over it is under way, so that each pass can have an order of its own.

`tf.data`'s own reshuffling counts every iterator that was ever made, and Keras makes some that it hardly reads. Here a
pass counts when its last batch is handed out: looking at a batch, or stopping early, changes nothing.
"""

import tensorflow as tf


class EpochCounter:
    """Counts the passes over a dataset that were read to the end.

    Args:
        epoch: Where to begin.
    """

    def __init__(self, epoch: int = 0):
        with tf.device("CPU"):
            self._epoch = tf.Variable(epoch, dtype=tf.int64, trainable=False)

    def current(self) -> tf.data.Dataset:
        """A dataset of one element, read anew in each pass: the number of the epoch."""
        return tf.data.Dataset.from_tensors(0).map(lambda _: self._epoch.read_value())

    def count(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Adds one to the epoch whenever the last element of the dataset, of known cardinality, is handed out."""
        last = dataset.cardinality() - 1

        def advance(index, element):
            self._epoch.assign_add(tf.cast(index == last, tf.int64))
            return element

        return dataset.enumerate().map(advance)
