"""Chains of elementwise operations as one kernel each, where TensorFlow computes the products and XLA does not.

That is bfloat16 on a processor. There XLA multiplies at less than half the speed of TensorFlow's own products, and
TensorFlow goes through memory once for each operation between them.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras

from bert_keras.types import Tensor


def is_worth_compiling(x: Tensor) -> bool:
    """Tell whether a tensor is where a chain of its dtype gains by being compiled: in bfloat16, traced with its shape.

    Args:
        x: tensor of any backend.

    Returns:
        bool.
    """
    return keras.backend.standardize_dtype(x.dtype) == "bfloat16" and is_traced_with_its_shape(x)


def is_traced_with_its_shape(x: Tensor) -> bool:
    """Tell whether a tensor belongs to a graph of TensorFlow for a processor, and its whole shape is known there.

    Each shape is compiled anew: those of pretraining are known while the step is traced, those of texts of many lengths
    are not.

    Args:
        x: tensor of any backend.

    Returns:
        bool.
    """
    if keras.config.backend() != "tensorflow":
        return False
    import tensorflow as tf

    is_traced = not tf.executing_eagerly() and x.shape.is_fully_defined()
    return is_traced and not tf.config.list_logical_devices("GPU")


@functools.lru_cache
def compiled(function: Callable, **options: Any) -> Callable:
    """Compile a function of tensors with XLA, to be called in a graph; the same function for the same arguments.

    Args:
        function: function of tensors.
        **options: further arguments of it; hashable.

    Returns:
        `tf.function`.
    """
    import tensorflow as tf

    return tf.function(functools.partial(function, **options), jit_compile=True, autograph=False)


@functools.lru_cache
def compiled_chain(forward: Callable, backward: Callable, **options: Any) -> Callable:
    """Compile a function of a tensor, and its gradient, with XLA: each one kernel in the graph around it.

    Args:
        forward: function of a tensor and others, to a tensor of the first one's shape.
        backward: function of the same tensors and the gradient to that output, to the gradient to the first tensor; to
            the others none flows. It computes what it needs anew, which is faster than keeping it.
        **options: further arguments of both functions; hashable.

    Returns:
        function of tensors of TensorFlow.
    """
    import tensorflow as tf

    forward, backward = compiled(forward, **options), compiled(backward, **options)

    @tf.custom_gradient
    def chain(x, *others):
        return forward(x, *others), lambda upstream: (backward(x, *others, upstream), *(None for _ in others))

    return chain
