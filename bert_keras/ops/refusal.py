"""Refusing wrong numbers inside a training step, on every backend as loudly as it allows."""

import logging

import keras
import numpy as np
from keras import ops

from bert_keras.types import Tensor

_LOG = logging.getLogger("bert_keras")


def refuse(values: Tensor, is_wrong: Tensor, message: str, *, then: Tensor | None = None) -> Tensor:
    """Raise an error where values are wrong, if they can be looked at.

    On TensorFlow that works in compiled steps too, but not inside XLA; on torch it does not where it would make a GPU
    wait or break a compiled graph; on JAX it works outside compiled steps alone. Where nothing can be raised, who calls
    this makes the result NaN; JAX's compiled steps on a CPU log the message as well, once each.

    Args:
        values: tensor of any shape.
        is_wrong: boolean tensor of any shape; one True is enough.
        message: str with `{}` twice, for the smallest and the largest of the values.
        then: tensor to give back, None for the values.

    Returns:
        `then`; on TensorFlow what is computed from it waits for the check.

    Raises:
        ValueError: where the values can be seen; in a compiled TensorFlow step it is TensorFlow's
            InvalidArgumentError with the same text.

    Example:
        >>> import keras
        >>> values = keras.ops.array([1, 7])
        >>> refuse(values, values >= 5, "Expected less than 5; received {} to {}.")
        Traceback (most recent call last):
        ValueError: Expected less than 5; received 1 to 7.
    """
    return _refuse(values, is_wrong, message, values if then is None else then)


def _refuse_seen(values, is_wrong, message, then):
    if bool(ops.any(is_wrong)):
        values = ops.convert_to_numpy(values)
        raise ValueError(message.format(np.min(values), np.max(values)))
    return then


if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    def _refuse(values, is_wrong, message, then):
        if tf.executing_eagerly():
            return _refuse_seen(values, is_wrong, message, then)
        before, between, after = message.split("{}")
        data = [before, tf.reduce_min(values), between, tf.reduce_max(values), after]
        with tf.control_dependencies([tf.debugging.Assert(tf.logical_not(tf.reduce_any(is_wrong)), data)]):
            return tf.identity(then)

elif keras.config.backend() == "torch":
    import torch

    def _refuse(values, is_wrong, message, then):
        if values.device.type != "cpu" or torch.compiler.is_compiling():
            return then
        return _refuse_seen(values, is_wrong, message, then)

elif keras.config.backend() == "jax":
    import functools

    import jax

    _told = set()

    def _refuse(values, is_wrong, message, then):
        if not isinstance(is_wrong, jax.core.Tracer):
            return _refuse_seen(values, is_wrong, message, then)
        if jax.default_backend() == "cpu":  # the step calls back only where something is wrong
            tell = functools.partial(jax.debug.callback, functools.partial(_tell, message))
            jax.lax.cond(ops.any(is_wrong), lambda some: tell(ops.min(some), ops.max(some)), lambda some: None, values)
        return then

    def _tell(message, smallest, largest):
        if message not in _told:
            _told.add(message)
            _LOG.error("The loss is NaN. " + message.format(smallest, largest))


else:

    def _refuse(values, is_wrong, message, then):
        return then
