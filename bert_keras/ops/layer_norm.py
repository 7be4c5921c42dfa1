"""Layer norm over the last axis: a reference in keras.ops, and one on TensorFlow whose gradient is written by hand.

TensorFlow derives the gradient of Keras' layer norm operation by operation, some twenty passes over memory: in training
in bfloat16 that was a tenth of a step of 12 x 768 on a processor with AMX, where products are fast.
"""

import keras
from keras import ops

from bert_keras.ops.compiled_chain import compiled, is_within_xla, is_worth_compiling
from bert_keras.ops.sums import column_sums, row_sums
from bert_keras.types import Tensor

# Chosen once: XLA derives and fuses the gradient (for JAX always), and torch has a kernel.
_HAS_GRADIENT_BY_PARTS = keras.config.backend() == "tensorflow"


def layer_norm(inputs: Tensor, gamma: Tensor, beta: Tensor | None, epsilon: float) -> Tensor:
    """Shift and scale each vector to mean 0 and variance 1, then by what was learned; computed in float32.

    2048 vectors of 768 with their gradients, in bfloat16: 21.8 ms of a core as Keras computes it, 13.5 here, 4.4 where
    the shape is known, so that each way is one kernel.

    Args:
        inputs: (..., width) float tensor.
        gamma: (width,) tensor that scales.
        beta: (width,) tensor that is added, or None.
        epsilon: added to the variance.

    Returns:
        tensor like `inputs`.

    Example:
        >>> import keras
        >>> normed = layer_norm(keras.ops.convert_to_tensor([[1.0, 3.0]]), keras.ops.ones(2), None, 1e-12)
        >>> keras.ops.convert_to_numpy(normed).round(3).tolist()
        [[-1.0, 1.0]]

    Reference:
        [Ba et al., 2016](https://arxiv.org/abs/1607.06450)
    """
    if _HAS_GRADIENT_BY_PARTS and not is_within_xla():
        return _tensorflow_layer_norm(inputs, gamma, beta, epsilon)
    return reference_layer_norm(inputs, gamma, beta, epsilon)


def reference_layer_norm(inputs: Tensor, gamma: Tensor, beta: Tensor | None, epsilon: float) -> Tensor:
    """`layer_norm` as Keras computes it, the truth that the kernel is compared with."""
    return ops.cast(ops.layer_normalization(inputs, gamma, beta, axis=-1, epsilon=epsilon), inputs.dtype)


def _tensorflow_layer_norm(inputs, gamma, beta, epsilon):
    import tensorflow as tf

    forward, backward = _normed, _gradient
    if is_worth_compiling(inputs):
        forward, backward = compiled(forward), compiled(backward)

    @tf.custom_gradient
    def norm(rows, gamma, beta):
        normed, mean, inverse_deviation = forward(rows, gamma, beta, epsilon)

        def gradient(upstream):
            to_rows, products = backward(rows, gamma, mean, inverse_deviation, upstream)
            return to_rows, tf.cast(column_sums(products), gamma.dtype), tf.cast(column_sums(upstream), beta.dtype)

        return normed, gradient

    rows = tf.reshape(inputs, (-1, inputs.shape[-1]))
    beta = tf.zeros_like(gamma) if beta is None else beta
    return tf.reshape(norm(rows, tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta)), tf.shape(inputs))


def _normed(rows, gamma, beta, epsilon):
    """Return the normed rows, each row's mean, and 1 over its standard deviation."""
    x, gamma, beta = (ops.cast(value, _wide(value)) for value in (rows, gamma, beta))
    mean = _row_means(x)
    centered = x - mean
    inverse_deviation = ops.rsqrt(_row_means(ops.square(centered)) + epsilon)
    return ops.cast(centered * inverse_deviation * gamma + beta, rows.dtype), mean, inverse_deviation


def _gradient(rows, gamma, mean, inverse_deviation, upstream):
    """Return the gradient to the rows, and what summed up over them is the gradient to gamma."""
    x, gamma, wide_upstream = (ops.cast(value, _wide(value)) for value in (rows, gamma, upstream))
    normed = (x - mean) * inverse_deviation
    scaled = wide_upstream * gamma
    to_rows = inverse_deviation * (scaled - _row_means(scaled) - normed * _row_means(scaled * normed))
    return ops.cast(to_rows, rows.dtype), ops.cast(wide_upstream * normed, rows.dtype)


def _row_means(x):
    return row_sums(x, 1 / x.shape[-1])


def _wide(x):
    return keras.backend.result_type(x.dtype, "float32")
