"""Chains of elementwise operations as one kernel each, where TensorFlow computes the products and XLA does not.

That is on a processor, above all in bfloat16. There XLA multiplies at less than half the speed of TensorFlow's own
products, and TensorFlow goes through memory once for each operation between them.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras

from bert_keras.types import Tensor

_compiles_every_shape = False


@contextlib.contextmanager
def chains_for_every_shape() -> Iterator[None]:
    """Compile the chains of steps that are traced meanwhile for each shape that comes, also where none is known then.

    Each new shape waits a second for its chains, so this is for long training on texts of many lengths.
    """
    global _compiles_every_shape
    before, _compiles_every_shape = _compiles_every_shape, True
    try:
        yield
    finally:
        _compiles_every_shape = before


def is_worth_compiling(x: Tensor) -> bool:
    """Tell whether a tensor is where a chain of its dtype gains by being compiled: in bfloat16, traced with its shape.

    Within `chains_for_every_shape` its shape need not be known, and chains in float32 are compiled, too, which gain a
    third as much.

    Args:
        x: tensor of any backend.

    Returns:
        bool.
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    if dtype not in ("bfloat16", "float32") or not is_traced_for_a_processor(x):
        return False
    return _compiles_every_shape or (dtype == "bfloat16" and x.shape.is_fully_defined())


def is_traced_for_a_processor(x: Tensor) -> bool:
    """Tell whether a tensor belongs to a graph of TensorFlow that no GPU computes and XLA does not compile whole.

    Args:
        x: tensor of any backend.

    Returns:
        bool.
    """
    if keras.config.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.executing_eagerly() and not is_within_xla() and not tf.config.list_logical_devices("GPU")


def is_within_xla() -> bool:
    """Tell whether what is traced is part of what XLA compiles whole, as `jit_compile=True` asks; on TensorFlow."""
    import tensorflow as tf

    return tf.__internal__.get_enclosing_xla_context() is not None


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
