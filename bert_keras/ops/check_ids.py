"""Ids that a table has no row for, refused where the backend lets one look at them.

What an embedding does with such an id differs: TensorFlow fails on a CPU and gives zeros on a GPU, JAX gives NaN,
torch fails with a message that names nothing.
"""

import keras


def check_ids(ids, num_rows, name):
    """Refuse ids that are not from 0 to `num_rows - 1`.

    Cheap: two reductions over the ids. On TensorFlow it works in compiled steps too, but not inside XLA; on torch it
    does not where it would make a GPU wait or break a compiled graph; on JAX it works outside compiled steps alone,
    where nothing can be raised: there a wrong id shows as NaN.

    Args:
        ids: integer tensor of any shape.
        num_rows: number of rows of the table.
        name: what the ids are, for the message.

    Returns:
        The ids.

    Raises:
        ValueError: where the ids can be seen; in a compiled TensorFlow step it is TensorFlow's InvalidArgumentError
            with the same text.

    Example:
        >>> import keras
        >>> check_ids(keras.ops.array([1, 7]), num_rows=5, name="token_ids")
        Traceback (most recent call last):
        ValueError: token_ids must be from 0 to 4, as its table has 5 rows; received 1 to 7. ...
    """
    return _check(ids, num_rows, name)


def _message(num_rows, name, smallest, largest):
    return (
        f"{name} must be from 0 to {num_rows - 1}, as its table has {num_rows} rows; received {smallest} to {largest}. "
        "Do the tokenizer and the model belong together?"
    )


def _check_seen(ids, num_rows, name, smallest, largest):
    if smallest < 0 or largest >= num_rows:
        raise ValueError(_message(num_rows, name, smallest, largest))
    return ids


if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    def _check(ids, num_rows, name):
        smallest, largest = tf.reduce_min(ids), tf.reduce_max(ids)
        if tf.executing_eagerly():
            return _check_seen(ids, num_rows, name, int(smallest), int(largest))
        fits = tf.logical_and(smallest >= 0, largest < num_rows)
        text = _message(num_rows, name, "the smallest", "the largest of these")
        with tf.control_dependencies([tf.debugging.Assert(fits, [text, smallest, largest])]):
            return tf.identity(ids)

elif keras.config.backend() == "torch":
    import torch

    def _check(ids, num_rows, name):
        if ids.device.type != "cpu" or torch.compiler.is_compiling() or not ids.numel():
            return ids
        return _check_seen(ids, num_rows, name, int(ids.min()), int(ids.max()))

elif keras.config.backend() == "jax":
    import jax

    def _check(ids, num_rows, name):
        if isinstance(ids, jax.core.Tracer) or not ids.size:
            return ids
        return _check_seen(ids, num_rows, name, int(ids.min()), int(ids.max()))

else:

    def _check(ids, num_rows, name):
        return ids
