"""Selected positions of every sequence moved to its front, and back: words without the pieces between them."""

from keras import ops

from bert_keras.types import Tensor


def selected_first(mask: Tensor) -> Tensor:
    """Find the order that brings the selected positions to the front, both kinds in the order they had.

    Args:
        mask: (batch, length) boolean tensor.

    Returns:
        (batch, length) int32 positions: `keras.ops.take_along_axis(values, order, axis=1)`. Its `keras.ops.argsort`
        leads back.

    Example:
        >>> import numpy as np
        >>> from bert_keras.ops.selected_first import selected_first
        >>> selected_first(np.array([[False, True, False, True]])).__array__().tolist()
        [[1, 3, 0, 2]]
    """
    length = ops.shape(mask)[1]
    positions = ops.expand_dims(ops.arange(length, dtype="int32"), 0)
    return ops.cast(ops.argsort(ops.where(mask, positions, positions + length), axis=-1), "int32")
