"""The product with a transposed matrix, which Keras has no word for."""

import keras
from keras import ops

from bert_keras.processor import processor_flags
from bert_keras.types import Tensor


def _reference(x, y):
    return ops.matmul(x, ops.swapaxes(y, -1, -2))


if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    _HAS_AMX = "amx_bf16" in processor_flags()
    # oneDNN brings the right factor of a product into an order of its own: of so many rows in each dtype that is better
    # done with them than with a whole table. In bfloat16 without AMX it is for none.
    _TURNED = {"float32": range(8, 33), "bfloat16": range(1, 33) if _HAS_AMX else range(0)}

    # Otherwise the second matrix, and the gradient to it, is copied to its transpose in every step. For the product
    # with a token table of 8192 x 192 that was 6 % of a step of 2 layers.
    def _multiply(x, y):
        rows = x.shape[0] if len(x.shape) == 2 else None
        if rows == 1 and x.dtype == tf.bfloat16 and not _HAS_AMX:
            # With a bias the table is read as it lies, in half the time. One that is known to be 0 would be left out.
            bias = tf.fill([y.shape[0]], tf.minimum(tf.abs(x[0, 0]), 0))
            return tf.nn.bias_add(tf.matmul(x, y, transpose_b=True), bias)
        if rows in _TURNED.get(x.dtype.name, ()):
            return tf.transpose(tf.matmul(y, x, transpose_b=True))
        return tf.matmul(x, y, transpose_b=True)
else:
    _multiply = _reference


def matmul_transposed(x: Tensor, y: Tensor) -> Tensor:
    """Multiply each row of one matrix with each row of another.

    Args:
        x: (..., rows, width) float tensor.
        y: (..., columns, width) variable or tensor; it is cast to the dtype of `x`.

    Returns:
        (..., rows, columns) tensor of the dtype of `x`.

    Example:
        >>> import numpy as np
        >>> print(np.array(matmul_transposed(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))))
        [[1. 3.]
         [2. 4.]]
    """
    return _multiply(x, ops.cast(y, x.dtype))
