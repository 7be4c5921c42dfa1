"""Sums whose gradient is handed on as it is, where TensorFlow would first ask how each side was spread.

It asks that of shapes which are known when a step runs alone: ten small operations for each sum, all of which are traced
and optimized before the first step.
"""

import keras

from bert_keras.ops.compiled_chain import is_traced_for_a_processor
from bert_keras.types import Tensor


def add_alike(x: Tensor, y: Tensor) -> Tensor:
    """Add two tensors of the same shape, such as a part's output and what it was called with.

    Args:
        x: float tensor.
        y: float tensor of its shape and dtype.

    Example:
        >>> import keras
        >>> keras.ops.convert_to_numpy(add_alike(keras.ops.ones(2), keras.ops.ones(2))).tolist()
        [2.0, 2.0]
    """
    if not is_traced_for_a_processor(x):
        return x + y
    import tensorflow as tf

    return tf.custom_gradient(lambda x, y: (x + y, lambda upstream: (upstream, upstream)))(x, y)


def add_constant(x: Tensor, constant: Tensor) -> Tensor:
    """Add to a tensor what no gradient flows to.

    Args:
        x: float tensor.
        constant: tensor of its dtype that is spread to its shape.

    Example:
        >>> import keras
        >>> keras.ops.convert_to_numpy(add_constant(keras.ops.ones((2, 1)), keras.ops.ones(1))).tolist()
        [[2.0], [2.0]]
    """
    constant = keras.ops.stop_gradient(constant)
    if not is_traced_for_a_processor(x):
        return x + constant
    import tensorflow as tf

    return tf.custom_gradient(lambda x: (x + constant, lambda upstream: upstream))(x)
