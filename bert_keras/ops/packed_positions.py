"""Positions of tokens in rows that may hold several sequences."""

from keras import ops

from bert_keras.types import Tensor


def packed_positions(padding_mask: Tensor) -> Tensor:
    """Return the positions of tokens in their rows, from 0, and anew in each sequence that is packed behind the first.

    Memory and time grow with the length alone: where a sequence begins is summed up and looked up, not compared for.

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
    is_start = ops.pad(is_other, ((0, 0), (1, 0)))  # (batch, length): of another piece than the token before it
    pieces = ops.cumsum(is_start, axis=1) + length * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    pieces = ops.reshape(pieces, (-1,))  # numbers of the pieces, rising from row to row
    # One token of a piece begins it, so that the sum over the piece is that token's place. XLA would compare all with
    # all for a search.
    places_of_starts = ops.reshape(places * is_start, (-1,))
    starts = ops.segment_sum(places_of_starts, pieces, num_segments=batch * length)
    starts = ops.reshape(ops.take(starts, pieces), (-1, length))  # (batch, length)
    return places - ops.where(padding_mask > 1, starts, 0)
