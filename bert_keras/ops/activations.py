"""Activations that published encoders were trained with: one that Keras has no name for, and one computed faster."""

import math
from collections.abc import Callable

import keras
from keras import ops

from bert_keras.ops.compiled_chain import compiled_chain, is_traced_for_a_processor, is_worth_compiling
from bert_keras.types import Tensor

# Chosen once. TensorFlow and JAX compute the exact GELU by erfc, which takes an exponential besides erf's polynomials;
# torch has a kernel of its own.
_HAS_GELU_BY_ERFC = keras.config.backend() in ("tensorflow", "jax")


@keras.saving.register_keras_serializable(package="bert_keras")
def gelu_tanh(x: Tensor) -> Tensor:
    """Compute the tanh approximation of GELU, as in Google's original BERT code; Hugging Face calls it "gelu_new".

    "gelu", in Keras and at Hugging Face, is the exact one with the error function.

    Args:
        x: float tensor.
    """
    return ops.gelu(x, approximate=True)


def get_activation(identifier: str | Callable) -> Callable:
    """`keras.activations.get` that knows "gelu_tanh" too.

    Args:
        identifier: function, name, config, or None: linear.

    Returns:
        function.

    Example:
        >>> get_activation("gelu_tanh") is gelu_tanh, get_activation("relu") is keras.activations.relu
        (True, True)
    """
    return gelu_tanh if identifier == "gelu_tanh" else keras.activations.get(identifier)


def exact_gelu(x: Tensor) -> Tensor:
    """`keras.ops.gelu` with `approximate=False`, by erf where that is faster and as exact.

    Behind a `Dense` of rows TensorFlow's graph optimizer knows both forms and computes them inside the product, for
    nothing, where no gradient is taken. In half precision 1 + erf(x) would lose what is small, so there it is the
    backend's own.

    Args:
        x: float tensor.
    """
    if not _HAS_GELU_BY_ERFC or keras.backend.standardize_dtype(x.dtype) != "float32":
        return ops.gelu(x, approximate=False)
    return _gelu_by_erf(x)


def exact_gelu_in_training(x: Tensor) -> Tensor:
    """`exact_gelu` with a gradient that costs less: 0.7 of the processor time of `keras.ops.gelu` on TensorFlow.

    In bfloat16, which is computed in float32, 0.6, and 0.2 where it is compiled as one kernel each way.

    Args:
        x: float tensor.
    """
    if not _HAS_GELU_BY_ERFC:
        return ops.gelu(x, approximate=False)
    if is_worth_compiling(x):
        return compiled_chain(_gelu_by_erf, _exact_gelu_gradient)(x)
    return _gelu_with_its_slope(x) if is_traced_for_a_processor(x) else _gelu_by_erf(x)


def _gelu_by_erf(x):
    z = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
    return ops.cast((0.5 * z) * (1.0 + ops.erf(z * math.sqrt(0.5))), x.dtype)


def _gelu_with_its_slope(x):
    """Compute the slope beside the value: the gradient then is one product, and of five tensors one is kept for it."""
    import tensorflow as tf

    @tf.custom_gradient
    def gelu(x):
        share, slope = _share_and_slope(x)
        slope = ops.cast(slope, x.dtype)
        return ops.cast(ops.cast(x, share.dtype) * share, x.dtype), lambda upstream: slope * upstream

    return gelu(x)


def _exact_gelu_gradient(x, upstream):
    slope = _share_and_slope(x)[1]
    return ops.cast(slope * ops.cast(upstream, slope.dtype), x.dtype)


def _share_and_slope(x):
    """Return the share of x that GELU lets through, and GELU's slope, both in float32 at least."""
    z = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
    share = 0.5 + 0.5 * ops.erf(z * math.sqrt(0.5))
    return share, share + z * (ops.exp(-0.5 * ops.square(z)) * (1 / math.sqrt(2 * math.pi)))


def fast_activation(activation: str | Callable, *, training: bool = False) -> Callable:
    """Return the function that computes an activation fastest, for a layer to call; the config keeps the activation.

    Args:
        activation: what `get_activation` gives.
        training: whether a gradient will be taken.

    Returns:
        function.

    Example:
        >>> fast_activation(keras.activations.gelu) is exact_gelu
        True
        >>> fast_activation(keras.activations.relu) is keras.activations.relu
        True
    """
    if activation is not keras.activations.gelu:
        return activation
    return exact_gelu_in_training if training else exact_gelu
