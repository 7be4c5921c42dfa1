"""Lets a tf.data pipeline of a user's own begin where an earlier run was stopped."""

import tensorflow as tf

from bert_keras.data.rows.epoch_counter import EpochCounter


def resumed(dataset: tf.data.Dataset, start_step: int) -> tf.data.Dataset:
    """Return the same batches without those that an earlier run was trained on.

    The batches left out are made and thrown away, so this takes as long as making them; the datasets of this package
    do better by their own `start_step`. The run is the same to the bit if the pipeline gives the same batches in every
    process: `shuffle` with a `seed`, `map` without random numbers or with `tf.random.stateless_*`,
    `deterministic=True` (the default) where it is parallel. A shuffled dataset must end in `repeat()`, for
    `fit(..., steps_per_epoch=n)`: by itself it would begin again with the order of the first epoch.

    Args:
        dataset: Batches: endless, or of known number, which `fit` takes for an epoch each.
        start_step: `saving.step` of `SaveAndResume`.

    Raises:
        ValueError: If the number of batches is not known.

    Example:
        >>> import tensorflow as tf
        >>> dataset = tf.data.Dataset.range(4).repeat()
        >>> [int(number) for number in resumed(dataset, 6).take(3)]
        [2, 3, 0]
    """
    num_batches = int(dataset.cardinality())
    if num_batches == tf.data.INFINITE_CARDINALITY:
        return dataset.skip(start_step)
    if num_batches == tf.data.UNKNOWN_CARDINALITY:
        raise ValueError(
            "the number of batches in the dataset is not known, so that epochs cannot be told apart; make it endless "
            "by repeat(), or tell the number by tf.data.experimental.assert_cardinality"
        )
    passes = EpochCounter(start_step, num_batches)
    batches = passes.current().flat_map(lambda epoch, part: dataset.take(part[1]).skip(part[0]))
    return passes.count(batches.apply(tf.data.experimental.assert_cardinality(num_batches)))
