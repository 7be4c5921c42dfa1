"""Attention to near tokens alone, whose memory grows with the length of the row and not with its square."""

import keras
import numpy as np
from keras import ops

from bert_keras.ops.attention import dot_product_attention
from bert_keras.types import Tensor

# Products of smaller matrices cost more in calls than they spare.
_SMALLEST_BLOCK = 16


def block_length(window: int) -> int:
    """Return the length of the blocks into which rows are cut: each token sees within its own and the two beside.

    Args:
        window: a token sees `window // 2` tokens to each side.

    Example:
        >>> block_length(128), block_length(4)
        (64, 16)
    """
    return max(window // 2, _SMALLEST_BLOCK)


def within_window(attention_mask: Tensor, window: int, queries: Tensor | None = None) -> Tensor:
    """Narrow who may see whom to tokens that are at most `window // 2` apart.

    Args:
        attention_mask: (batch, length, length) bool tensor; (batch, queries, length) with `queries`.
        window: see `block_length`.
        queries: (queries,) int tensor, the positions of the tokens that look, or None for all.

    Returns:
        bool tensor like `attention_mask`.

    Example:
        >>> import keras
        >>> mask = within_window(keras.ops.ones((1, 4, 4), "bool"), window=2)
        >>> print(keras.ops.convert_to_numpy(mask).astype(int)[0])
        [[1 1 0 0]
         [1 1 1 0]
         [0 1 1 1]
         [0 0 1 1]]
    """
    positions = ops.arange(ops.shape(attention_mask)[2], dtype="int32")
    queries = positions if queries is None else queries
    distances = ops.abs(ops.expand_dims(queries, 1) - ops.expand_dims(positions, 0))
    return ops.logical_and(attention_mask, distances <= window // 2)


def block_mask(padding_mask: Tensor, window: int) -> Tensor:
    """Say for every token whom it may see in its own block and the two beside, as `AttentionMask` says it for the row.

    Args:
        padding_mask: (batch, length) int tensor: 0 at padding, else the number of the sequence.
        window: see `block_length`.

    Returns:
        (batch, blocks, block, 3 * block) bool tensor: the last block may reach over the end of the row.

    Example:
        >>> import keras
        >>> block_mask(keras.ops.ones((1, 100), "int32"), window=128).shape == (1, 2, 64, 192)
        True
    """
    block = block_length(window)
    padding_mask = ops.cast(padding_mask, "int32")
    num_blocks = _num_blocks(padding_mask, 1, block)
    queries = ops.pad(padding_mask, ((0, 0), (0, block)))[:, : num_blocks * block]
    queries = ops.reshape(queries, (-1, num_blocks, block))
    keys = ops.pad(padding_mask, ((0, 0), (block, 2 * block)))[:, : (num_blocks + 2) * block]
    keys = _with_neighbours(ops.reshape(keys, (-1, num_blocks + 2, block)), axis=2)  # (batch, blocks, 3 * block)
    queries, keys = ops.expand_dims(queries, 3), ops.expand_dims(keys, 2)
    same_sequence = ops.logical_or(ops.equal(queries, keys), ops.equal(queries, 0))
    visible = ops.logical_and(same_sequence, ops.not_equal(keys, 0))
    distances = abs(np.arange(block)[:, None] - (np.arange(3 * block)[None] - block))
    return ops.logical_and(visible, ops.convert_to_tensor(distances <= window // 2))


def local_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor,
    *,
    dropout: float = 0.0,
    seed: keras.random.SeedGenerator | None = None,
) -> Tensor:
    """Let every query take the mean of the values near it, weighted by how well their keys fit it.

    The row is cut into blocks; the queries of a block see the keys of it and of the two beside. That is
    `dot_product_attention` with a mask `within_window`, but for padding that no token is near to: it gets the mean of
    what is there, which nobody sees. Follows section 3.1 of [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150).

    Args:
        query: (batch, heads, length, head_dim) float tensor.
        key: the same.
        value: the same.
        mask: (batch, blocks, block, 3 * block) bool tensor, as `block_mask` gives it.
        dropout: share of the attention scores dropped in this very call.
        seed: seed or `keras.random.SeedGenerator` of the dropout.

    Returns:
        (batch, heads, length, head_dim) tensor.

    Example:
        >>> import keras
        >>> x = keras.random.normal((2, 4, 100, 16), seed=0)  # 2 texts, 4 heads, 100 tokens
        >>> mask = block_mask(keras.ops.ones((2, 100), "int32"), window=16)
        >>> local_attention(x, x, x, mask).shape == (2, 4, 100, 16)
        True
    """
    heads, head_dim = query.shape[1], query.shape[3]
    block, length = mask.shape[2], ops.shape(query)[2]
    num_blocks = _num_blocks(query, 2, block)

    def blocks(x, before):
        after = 2 * block if before else block
        x = ops.pad(x, ((0, 0), (0, 0), (before, after), (0, 0)))
        count = num_blocks + 2 if before else num_blocks
        x = ops.reshape(x[:, :, : count * block], (-1, heads, count, block, head_dim))
        return ops.transpose(x, (0, 2, 1, 3, 4))  # (batch, blocks, heads, block, head_dim)

    # Blocks are as good as rows of a batch: whatever computes attention fast computes this one.
    query = ops.reshape(blocks(query, 0), (-1, heads, block, head_dim))
    key, value = (
        ops.reshape(_with_neighbours(blocks(x, block), axis=3), (-1, heads, 3 * block, head_dim)) for x in (key, value)
    )
    mask = ops.reshape(mask, (-1, block, 3 * block))
    x = dot_product_attention(query, key, value, mask, dropout=dropout, seed=seed)
    x = ops.transpose(ops.reshape(x, (-1, num_blocks, heads, block, head_dim)), (0, 2, 1, 3, 4))
    return ops.reshape(x, (-1, heads, num_blocks * block, head_dim))[:, :, :length]


def _num_blocks(x, axis, block):
    return (ops.shape(x)[axis] + block - 1) // block


def _with_neighbours(blocks, axis):
    """Each block of (batch, blocks, ...) but the outer two, with those beside it along an axis."""
    return ops.concatenate([blocks[:, :-2], blocks[:, 1:-1], blocks[:, 2:]], axis=axis)
