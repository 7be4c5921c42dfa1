"""A function of tensors that a graph of TensorFlow holds once, however often it is called there."""

import functools
from collections.abc import Callable
from typing import Any

import keras


def traced_function(function: Callable) -> Callable:
    """Trace a function once for all its calls with tensors of the same dtypes and ranks, instead of at each call.

    Tracing and optimizing a graph takes TensorFlow the longer the more operations there are. What each layer does
    alike, in dozens of small operations, is one call in the graph then. Outside of a graph, and on other backends, it
    is an ordinary function.

    Args:
        function: function of tensors through which no gradient flows.

    Returns:
        function of the same tensors.

    Example:
        >>> import keras
        >>> @traced_function
        ... def plus_one(x):
        ...     return x + 1
        >>> int(plus_one(keras.ops.array(2)))
        3
    """
    if keras.config.backend() != "tensorflow":
        return function
    import tensorflow as tf

    # Not put in place of its calls before it is optimized, or the graph would have its operations for each of them.
    in_graph = tf.function(
        function, autograph=False, reduce_retracing=True, experimental_attributes={"_noinline": True}
    )

    @functools.wraps(function)
    def call(*tensors: Any) -> Any:
        return function(*tensors) if tf.executing_eagerly() else in_graph(*tensors)

    return call
