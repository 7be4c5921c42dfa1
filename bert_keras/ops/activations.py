"""Activations that published encoders were trained with: one that Keras has no name for, and one computed faster."""

import math

import keras
from keras import ops

# Chosen once. TensorFlow and JAX compute the exact GELU by erfc, which takes an exponential besides erf's polynomials;
# torch has a kernel of its own.
_HAS_GELU_BY_ERFC = keras.config.backend() in ("tensorflow", "jax")


@keras.saving.register_keras_serializable(package="bert_keras")
def gelu_tanh(x):
    """The tanh approximation of GELU, as in Google's original BERT code; Hugging Face calls it "gelu_new".

    "gelu", in Keras and at Hugging Face, is the exact one with the error function.

    Args:
        x: float tensor.
    """
    return ops.gelu(x, approximate=True)


def get_activation(identifier):
    """`keras.activations.get` that knows "gelu_tanh" too.

    Args:
        identifier: function, name, config, or None: linear.

    Returns:
        function.
    """
    return gelu_tanh if identifier == "gelu_tanh" else keras.activations.get(identifier)


def exact_gelu(x):
    """`keras.ops.gelu` with `approximate=False`, by erf where that is faster and as exact.

    Forward and backward it takes 0.7 of the processor time on TensorFlow, and forward 0.35: there the graph optimizer
    knows the form and puts it into the product before it. In half precision 1 + erf(x) would lose what is small, so
    there it is the backend's own.

    Args:
        x: float tensor.
    """
    if not _HAS_GELU_BY_ERFC or keras.backend.standardize_dtype(x.dtype) != "float32":
        return ops.gelu(x, approximate=False)
    return (0.5 * x) * (1.0 + ops.erf(x * math.sqrt(0.5)))


def fast_activation(activation):
    """The function that computes an activation fastest, for a layer to call; the config keeps the activation.

    Args:
        activation: what `get_activation` gives.

    Returns:
        function.
    """
    return exact_gelu if activation is keras.activations.gelu else activation
