"""Rows of a sequence picked by position, as the masked-LM head needs them."""

from keras import ops

from bert_keras.ops.refusal import refuse
from bert_keras.types import Tensor


def gather_positions(inputs: Tensor, positions: Tensor, *, name: str | None = None) -> Tensor:
    """Pick the vectors at some positions of every sequence.

    One gather from the flattened batch: `keras.ops.take_along_axis` would first spread the positions over the width.

    Args:
        inputs: (batch, length, width) tensor.
        positions: (batch, predictions) integer tensor, each from 0 to length - 1.
        name: what the positions are, to refuse wrong ones by it where that can be done; None for positions that were
            computed.

    Raises:
        ValueError: for a position outside its row, where a name is given; see `bert_keras.ops.refusal.refuse`.

    Returns:
        (batch, predictions, width) tensor; NaN where a position is none of its row, for a number would be another
        row's.

    Example:
        >>> import keras
        >>> inputs = keras.ops.reshape(keras.ops.arange(6.0), (1, 3, 2))
        >>> print(keras.ops.convert_to_numpy(gather_positions(inputs, keras.ops.array([[2, 0]]))))
        [[[4. 5.]
          [0. 1.]]]
    """
    batch, length = ops.shape(positions)[0], ops.cast(ops.shape(inputs)[1], positions.dtype)
    starts = ops.expand_dims(ops.arange(batch, dtype=positions.dtype), 1) * length
    is_inside = ops.logical_and(positions >= 0, positions < length)
    if name is not None:
        highest = inputs.shape[1] - 1 if isinstance(inputs.shape[1], int) else "the last position of the row"
        message = f"{name} must be from 0 to {highest}; received {{}} to {{}}."
        positions = refuse(positions, ops.logical_not(is_inside), message)
    rows = ops.where(is_inside, positions, 0) + starts
    picked = ops.take(ops.reshape(inputs, (-1, inputs.shape[-1])), rows, axis=0)
    return ops.where(ops.expand_dims(is_inside, -1), picked, ops.cast(float("nan"), picked.dtype))
