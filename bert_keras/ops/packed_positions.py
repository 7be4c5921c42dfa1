"""Positions of tokens in rows that may hold several sequences."""

from keras import ops

from bert_keras.types import Tensor


def packed_positions(padding_mask: Tensor) -> Tensor:
    """Return the positions of tokens in their rows, from 0, and anew in each sequence that is packed behind the first.

    Memory grows with the length alone: each token's sequence is looked up among the sequences, not among all tokens.

    Args:
        padding_mask: (batch, length) int tensor: 0 at padding; 1, 2, 3, ... for the sequences of a row, each in one
            piece. Positions at 0 and 1 count from the beginning of the row, so that texts padded on the left have the
            positions that they have in transformers.

    Returns:
        (batch, length) int32 tensor.

    Example:
        >>> import keras
        >>> print(keras.ops.convert_to_numpy(packed_positions(keras.ops.array([[1, 1, 2, 2, 2, 3, 0]]))))
        [[0 1 0 1 2 0 6]]
    """
    padding_mask = ops.cast(padding_mask, "int32")
    batch, length = ops.shape(padding_mask)
    places = ops.expand_dims(ops.arange(length, dtype="int32"), 0)  # (1, length)
    is_other = ops.cast(ops.not_equal(padding_mask[:, 1:], padding_mask[:, :-1]), "int32")
    pieces = ops.pad(ops.cumsum(is_other, axis=1), ((0, 0), (1, 0)))  # (batch, length): number of the piece in its row
    # Rising from row to row, so that one search finds where each piece begins.
    rising = pieces + length * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    rising = ops.reshape(rising, (-1,))
    starts = ops.cast(ops.searchsorted(rising, rising, side="left"), "int32")
    starts = ops.reshape(starts, (-1, length)) % length  # (batch, length): in their rows
    return places - ops.where(padding_mask > 1, starts, 0)
