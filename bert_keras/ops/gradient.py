"""The gradient of a function, on every backend, inside a training step or outside of one."""

from collections.abc import Callable

import keras

from bert_keras.types import Tensor


def gradient(function: Callable, value: Tensor) -> Tensor:
    """Differentiate a function at a tensor.

    Args:
        function: function from a tensor of the shape of `value` to a scalar tensor.
        value: float tensor.

    Returns:
        tensor of the shape of `value`, a constant for what is differentiated around it.

    Raises:
        NotImplementedError: on another backend than TensorFlow, JAX and torch.

    Example:
        >>> import keras
        >>> from bert_keras.ops.gradient import gradient
        >>> print(keras.ops.convert_to_numpy(gradient(lambda x: keras.ops.sum(x * x), keras.ops.array([1.0, 3.0]))))
        [2. 6.]
    """
    backend = keras.config.backend()
    value = keras.ops.stop_gradient(value)
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(value)
            result = function(value)
        slope = tf.convert_to_tensor(tape.gradient(result, value))  # of a table's rows: the sum, not a list of them
    elif backend == "jax":
        import jax

        slope = jax.grad(function)(value)
    elif backend == "torch":
        import torch

        value = value.requires_grad_()
        (slope,) = torch.autograd.grad(function(value), value)
    else:
        raise NotImplementedError(f"No gradient inside a training step on the backend {backend}.")
    return keras.ops.stop_gradient(slope)
