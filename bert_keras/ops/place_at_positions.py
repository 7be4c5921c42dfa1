"""Values put back into a sequence by position: the way back of `gather_positions`, for one number a position."""

from keras import ops

from bert_keras.types import Tensor


def place_at_positions(values: Tensor, positions: Tensor, length: int | Tensor) -> tuple[Tensor, Tensor]:
    """Put numbers where they belong in their rows.

    Args:
        values: (batch, predictions) int tensor of numbers from 0 on.
        positions: (batch, predictions) int tensor; 0 is where unused slots point, and nothing is put there.
        length: of the rows.

    Returns:
        (batch, length) tensor of the values, 0 elsewhere, and (batch, length) bool tensor, True where one was put.

    Example:
        >>> import keras
        >>> from bert_keras.ops import place_at_positions
        >>> values, is_placed = place_at_positions(keras.ops.array([[7, 9]]), keras.ops.array([[2, 0]]), length=4)
        >>> print(keras.ops.convert_to_numpy(values), keras.ops.convert_to_numpy(is_placed).tolist())
        [[0 0 7 0]] [[False, False, True, False]]
    """
    positions = ops.expand_dims(positions, 2)  # (batch, predictions, 1)
    is_there = ops.equal(positions, ops.arange(length, dtype=positions.dtype))  # (batch, predictions, length)
    is_there = ops.logical_and(is_there, positions > 0)
    placed = ops.max(ops.where(is_there, ops.expand_dims(values, 2), 0), axis=1)
    return placed, ops.any(is_there, axis=1)
