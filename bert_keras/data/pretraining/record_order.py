"""The order in which training reads the records of a corpus: a function of the seed, and cheap to enter anywhere.

An epoch goes through the shards in random order, a few at a time. Those few are read whole and their records permuted,
which shuffles over `shuffle_shards * records_per_shard` records, as a shuffle buffer of that size would. Unlike a
buffer's, the order depends on nothing but `(stream, epoch)`, and shards before the place of entry are not even opened.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def shuffled_records(
    files: Sequence[str],
    num_records: Sequence[int],
    *,
    stream: tf.Tensor,
    start: int = 0,
    num_epochs: int | None = None,
    shuffle_shards: int = 8,
    num_neighbours: int = 0,
    read: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Any] | None = None,
) -> tf.data.Dataset:
    """Stream the serialised records of TFRecord files in shuffled order, another one in each epoch.

    Args:
        files: The shards.
        num_records: How many records each of them holds.
        stream: int64 scalar, the seed of the order.
        start: Records of the endless stream to leave out; they are neither parsed nor, but for the shards being mixed,
            read.
        num_epochs: Passes over the files; None for an endless stream.
        shuffle_shards: How many shards are mixed at a time, in memory.
        num_neighbours: How many records that follow a record in its file come with it, which takes as much more memory.
        read: What a file's records are made into: from names of files, (files,) strings, a number that no other files
            have in any epoch, int64, those behind the first having the next ones, and how many records there are,
            int64, to tensors of that many entries. None for the records themselves.

    Returns:
        A dataset of string vectors of varying length, to be rebatched; with neighbours, of (records, 1 +
        num_neighbours) strings, empty ones behind the end of a file; or of what `read` gives.
    """
    num_files, per_epoch = len(files), sum(num_records)
    first_epoch, first_record = divmod(start, per_epoch)
    end = tf.int64.max if num_epochs is None else num_epochs

    def groups_of_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(num_files), tf.stack([stream, epoch]), alg="philox")
        group_starts = tf.range(0, num_files, shuffle_shards)
        ends = tf.cumsum(tf.gather(tf.constant(num_records, tf.int64), order))
        first = tf.where(epoch == first_epoch, tf.constant(first_record, tf.int64), tf.constant(0, tf.int64))

        def group(begin: tf.Tensor) -> tuple[tf.Tensor, ...]:
            stop = tf.minimum(begin + shuffle_shards, num_files)
            records_before = tf.where(begin > 0, ends[tf.maximum(begin - 1, 0)], 0)
            count = ends[stop - 1] - records_before
            names = tf.gather(tf.constant(files), order[begin:stop])
            skipped = tf.maximum(first - records_before, 0)
            return (
                names,
                ends[begin:stop] - records_before,
                count,
                skipped,
                epoch * num_files + tf.cast(begin, tf.int64),
            )

        return tf.data.Dataset.from_tensor_slices(group_starts).map(group)

    def read_group(
        names: tf.Tensor, file_ends: tf.Tensor, count: tf.Tensor, skipped: tf.Tensor, number: tf.Tensor
    ) -> tf.Tensor:
        if read is None:
            records = tf.data.TFRecordDataset(names).batch(count).get_single_element()
        else:
            records = read(names, number, count)
        permutation = tf.random.experimental.stateless_shuffle(
            tf.range(tf.shape(tf.nest.flatten(records)[0])[0]), tf.stack([stream, -1 - number]), alg="philox"
        )
        chosen = permutation[skipped:]
        if read is not None:
            return tf.nest.map_structure(lambda part: tf.gather(part, chosen), records)
        if not num_neighbours:
            return tf.gather(records, chosen)
        file_end = tf.gather(file_ends, tf.searchsorted(file_ends, tf.cast(chosen, tf.int64), side="right"))
        together = chosen[:, tf.newaxis] + tf.range(1 + num_neighbours)
        together = tf.where(tf.cast(together, tf.int64) < file_end[:, tf.newaxis], together, tf.size(records))
        return tf.gather(tf.concat([records, [""]], 0), together)

    return (
        tf.data.Dataset.range(first_epoch, end)
        .flat_map(groups_of_epoch)
        .filter(lambda names, file_ends, count, skipped, number: skipped < count)
        .map(read_group)
        .prefetch(1)  # the next shards are read while the last ones are used up
    )
