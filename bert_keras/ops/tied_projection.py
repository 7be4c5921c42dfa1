"""The product of hidden vectors with the token table, by which the masked-LM head scores words."""

import keras
from keras import ops


def _reference(inputs, table):
    return ops.matmul(inputs, ops.transpose(table))


if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    # Keras has no product with a transposed argument; without it the table, and the gradient to it, is copied to
    # its transpose every step: 6 % of a step of 2 layers x 192 with 8192 words.
    def _project(inputs, table):
        return tf.matmul(inputs, table, transpose_b=True)
else:
    _project = _reference


def tied_projection(inputs, table):
    """Multiply vectors with every row of a table.

    Args:
        inputs: (rows, width) float tensor.
        table: (vocabulary, width) variable or tensor; it is cast to the dtype of the inputs.

    Returns:
        (rows, vocabulary) tensor of the inputs' dtype.
    """
    return _project(inputs, ops.cast(table, inputs.dtype))
