"""Batches for fine-tuning, of the rows of any task: of like length, shuffled, the same again where a run resumes."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.data.rows.autotuner import without_autotuner
from bert_keras.data.rows.epoch_counter import EpochCounter
from bert_keras.data.rows.length_buckets import BucketedBatches, every_length, fitted_buckets
from bert_keras.data.rows.random_streams import random_stream
from bert_keras.data.rows.rows import Rows, takes_seed


def batches(
    rows: Rows,
    *,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Make batches of rows, for `fit`, `evaluate` and `predict`.

    In training, batches are made of rows of like length, or of any length where the loss compares the rows of a batch,
    and come in another order in each epoch: the n-th time the dataset is read to its last batch. The order is a
    function of `(seed, epoch)`. Otherwise the rows keep their order, so that
    `model.predict(dataset)[: len(rows.row_lengths)]` belongs to them row by row.

    Args:
        rows: What a task's examples become, such as `TextRows`; see `Rows` for a task of your own.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle.
        seed: Any integer.
        buckets: Row lengths, ascending, the last one `sequence_length`; None for every length that occurs, or, where a
            model is compiled for each, for the few that leave least padding.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Returns:
        A dataset of `(x, y, sample_weight)`, of what `rows.inputs` and `rows.targets` give; of x alone where the rows
        have no targets.

    Raises:
        ValueError: If there is no row, or the lengths do not fit.

    Example:
        >>> from bert_keras.data import Examples, TextRows, WordPieceTokenizer, batches
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> examples = Examples(("so good", "so so bad"), labels=(0, 1), label_names=("no", "yes"))
        >>> rows = TextRows(examples, tokenizer, sequence_length=16)
        >>> len(batches(rows, batch_size=1)), len(batches(rows, batch_size=8))
        (2, 1)
    """
    row_lengths, sequence_length = rows.row_lengths, rows.sequence_length
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
    mixed = None if getattr(rows, "are_compared", False) else mixed
    plan = BucketedBatches(row_lengths, buckets, batch_size, mixed=mixed, shared=getattr(rows, "shared", None))
    order_stream, noise_stream = (random_stream(seed, use, training) for use in ("order", "noise"))
    epoch, step = divmod(start_step, plan.num_batches)

    def shuffled(epoch: tf.Tensor) -> tf.data.Dataset:
        epochs = tf.fill([plan.num_batches], epoch)
        return tf.data.Dataset.from_tensor_slices((*plan.shuffled(tf.stack([order_stream, epoch])), epochs))

    @tf.autograph.experimental.do_not_convert
    def batch_of(numbers: tf.Tensor, length: tf.Tensor, epoch: tf.Tensor):
        length = length if len(buckets) > 1 else buckets[0]
        noise = {"seed": tf.stack([noise_stream, epoch])} if takes_seed(rows) else {}
        x, targets = rows.inputs(numbers, length, **noise), rows.targets(numbers, length)
        return x if targets is None else (x, *targets)

    if not training:
        epochs = np.zeros(plan.num_batches, np.int64)
        dataset = tf.data.Dataset.from_tensor_slices((*plan.in_order(), epochs))
    elif repeat:
        dataset = tf.data.Dataset.range(epoch, tf.int64.max).flat_map(shuffled).skip(step)
    else:
        passes = EpochCounter(start_step, plan.num_batches)
        dataset = passes.current().flat_map(lambda epoch, part: shuffled(epoch).take(part[1]).skip(part[0]))
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(plan.num_batches))
    dataset = dataset.map(batch_of, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = without_autotuner(dataset.prefetch(tf.data.AUTOTUNE))
    return passes.count(dataset) if training and not repeat else dataset


def batches_of(rows_class: type, *examples: Any, **options: Any) -> tf.data.Dataset:
    """Make batches of examples by the rows of their task.

    Args:
        rows_class: A class of `Rows`.
        *examples: What it is made of, by position.
        **options: Those of `batches`, and those of the class.
    """
    names = inspect.signature(batches).parameters
    task = {name: value for name, value in options.items() if name not in names}
    return batches(rows_class(*examples, **task), **{name: options[name] for name in options.keys() - task.keys()})


def check_numbers(sequence_length: int, batch_size: int, start_step: int) -> None:
    """Raise `ValueError` for numbers that no dataset can have."""
    if sequence_length < 8:
        raise ValueError(f"sequence_length must be at least 8, received {sequence_length}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}")
    if start_step < 0:
        raise ValueError(f"start_step must not be negative, received {start_step}")
