"""The product with a transposed matrix, which Keras has no word for."""

import keras
from keras import ops

from bert_keras.types import Tensor

_FEW_ROWS = 32


def _reference(x, y):
    return ops.matmul(x, ops.swapaxes(y, -1, -2))


if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    # Otherwise the second matrix, and the gradient to it, is copied to its transpose in every step. For the product
    # with a token table of 8192 x 192 that was 6 % of a step of 2 layers.
    def _multiply(x, y):
        if len(x.shape) == 2 and x.shape[0] is not None and x.shape[0] <= _FEW_ROWS:
            # oneDNN brings the right factor into an order of its own: better the few rows than a whole table.
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
