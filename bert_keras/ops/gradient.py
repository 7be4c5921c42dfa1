"""The gradient of a function, on every backend, inside a training step or outside of one."""

from collections.abc import Callable
from typing import Any

import keras


def gradient(function: Callable, value: Any) -> Any:
    """Differentiate a function at a tensor, or at several.

    Args:
        function: function from a tensor of the shape of `value` to a scalar tensor, or from a list like `value`.
        value: float tensor, or a list of them.

    Returns:
        tensor of the shape of `value`, or a list of such, constants for what is differentiated around them; 0 where the
        function does not look at one.

    Raises:
        NotImplementedError: on another backend than TensorFlow, JAX and torch.

    Example:
        >>> import keras
        >>> from bert_keras.ops.gradient import gradient
        >>> print(keras.ops.convert_to_numpy(gradient(lambda x: keras.ops.sum(x * x), keras.ops.array([1.0, 3.0]))))
        [2. 6.]
    """
    backend = keras.config.backend()
    value = keras.tree.map_structure(keras.ops.stop_gradient, value)
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(value)
            result = function(value)
        slopes = tape.gradient(result, value, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        slopes = keras.tree.map_structure(tf.convert_to_tensor, slopes)  # of a table's rows: the sum, not a list
    elif backend == "jax":
        import jax

        slopes = jax.grad(function)(value)
    elif backend == "torch":
        import torch

        value = keras.tree.map_structure(lambda some: some.requires_grad_(), value)
        values = keras.tree.flatten(value)
        found = torch.autograd.grad(function(value), values, allow_unused=True, materialize_grads=True)
        slopes = keras.tree.pack_sequence_as(value, found)
    else:
        raise NotImplementedError(f"No gradient inside a training step on the backend {backend}.")
    return keras.tree.map_structure(keras.ops.stop_gradient, slopes)
