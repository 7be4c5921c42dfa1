"""Keys and values of the tokens read so far, so that a row grows without being read again."""

from typing import NamedTuple

from keras import ops

from bert_keras.types import Tensor


class KeyValueCache(NamedTuple):
    """What an encoder keeps of a row that is written token by token.

    The row has a fixed number of slots, of which those before `next_slot` are filled.

    Attributes:
        layers: a pair of keys and values, (batch, heads, slots, head_dim) each, for each pass through a block.
        next_slot: int32 scalar tensor, where the next token goes.
    """

    layers: tuple
    next_slot: Tensor


def empty_cache(
    batch: int | Tensor, slots: int | Tensor, *, num_layers: int, num_heads: int, head_dim: int, dtype: str
) -> KeyValueCache:
    """Make a cache with nothing in it.

    Args:
        batch: number of rows.
        slots: number of slots a row.
        num_layers: number of passes through a block.
        num_heads: number of attention heads.
        head_dim: width of a head.
        dtype: dtype of keys and values.

    Returns:
        `KeyValueCache`.
    """
    shape = (batch, num_heads, slots, head_dim)
    layers = tuple((ops.zeros(shape, dtype), ops.zeros(shape, dtype)) for _ in range(num_layers))
    return KeyValueCache(layers, ops.zeros((), "int32"))


def write_slots(kept: Tensor, new: Tensor, first_slot: Tensor) -> Tensor:
    """Put the keys, or the values, of new tokens into their slots.

    Args:
        kept: (batch, heads, slots, head_dim) tensor.
        new: (batch, heads, tokens, head_dim) tensor.
        first_slot: int32 scalar tensor.

    Returns:
        tensor like `kept`.

    Example:
        >>> import keras
        >>> kept = write_slots(keras.ops.zeros((1, 1, 3, 1)), keras.ops.ones((1, 1, 1, 1)), keras.ops.array(1))
        >>> print(keras.ops.convert_to_numpy(kept).ravel())
        [0. 1. 0.]
    """
    return ops.slice_update(kept, (0, 0, first_slot, 0), ops.cast(new, kept.dtype))
