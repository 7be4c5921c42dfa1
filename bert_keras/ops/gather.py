"""Rows of a sequence picked by position, as the masked-LM head needs them."""

from keras import ops


def gather_positions(inputs, positions):
    """Pick the vectors at some positions of every sequence.

    One gather from the flattened batch: `keras.ops.take_along_axis` would first spread the positions over the width.

    Args:
        inputs: (batch, length, width) tensor.
        positions: (batch, predictions) integer tensor, each from 0 to length - 1.

    Returns:
        (batch, predictions, width) tensor.

    Example:
        >>> import keras
        >>> inputs = keras.ops.reshape(keras.ops.arange(6.0), (1, 3, 2))
        >>> print(keras.ops.convert_to_numpy(gather_positions(inputs, keras.ops.array([[2, 0]]))))
        [[[4. 5.]
          [0. 1.]]]
    """
    batch, length = ops.shape(positions)[0], ops.shape(inputs)[1]
    starts = ops.expand_dims(ops.arange(batch, dtype=positions.dtype), 1) * ops.cast(length, positions.dtype)
    return ops.take(ops.reshape(inputs, (-1, inputs.shape[-1])), positions + starts, axis=0)
