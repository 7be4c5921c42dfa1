"""Scaled dot-product attention: a reference in keras.ops, and the backend's fused kernel where it does the same."""

import keras
from keras import ops

from bert_keras.ops.compiled_chain import compiled, is_worth_compiling
from bert_keras.ops.dropout import drop, round_keys
from bert_keras.ops.dropout import dropout as drop_elements
from bert_keras.ops.matmul_transposed import matmul_transposed
from bert_keras.ops.sums import row_sums
from bert_keras.types import Tensor

# Chosen once. JAX and torch have a kernel that never holds all the scores; TensorFlow's version in Keras is
# einsums, casts and a select over the scores, which the reference below does in fewer passes.
_HAS_FUSED_KERNEL = keras.config.backend() in ("jax", "torch")

# Far below any score, and still finite: a query that may see nothing gets the mean of all values, not NaN.
_HIDDEN = -1e9


def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    *,
    dropout: float = 0.0,
    seed: keras.random.SeedGenerator | None = None,
    return_scores: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Let every query take the mean of the values, weighted by how well their keys fit it.

    Follows section 3.2.1 of [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762). The softmax is computed in
    float32 whatever the dtype of the inputs.

    Args:
        query: (batch, heads, queries, head_dim) float tensor.
        key: (batch, heads, keys, head_dim) float tensor.
        value: (batch, heads, keys, head_dim) float tensor.
        mask: (batch, queries, keys) bool tensor, True where the query may see the key, or None: every key is seen.
        dropout: share of the attention scores dropped in this very call, so 0 at inference whatever the layer's rate.
        seed: seed or `keras.random.SeedGenerator` of the dropout.
        return_scores: whether to return the scores too.

    Returns:
        (batch, heads, queries, head_dim) tensor; with `return_scores` a pair of it and the (batch, heads, queries,
        keys) scores after softmax and dropout.

    Example:
        >>> import keras
        >>> x = keras.random.normal((2, 4, 8, 16), seed=0)  # 2 texts, 4 heads, 8 tokens
        >>> dot_product_attention(x, x, x).shape == (2, 4, 8, 16)
        True
    """
    if _HAS_FUSED_KERNEL and not dropout and not return_scores:
        mask = None if mask is None else ops.expand_dims(mask, 1)  # (batch, 1, queries, keys)
        # Keras wants (batch, length, heads, head_dim); torch only turns its view, XLA fuses the transposes away.
        query, key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
        return ops.transpose(ops.dot_product_attention(query, key, value, mask=mask), (0, 2, 1, 3))
    outputs, scores = reference_attention(query, key, value, mask, dropout=dropout, seed=seed)
    return (outputs, scores) if return_scores else outputs


def reference_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    *,
    dropout: float = 0.0,
    seed: keras.random.SeedGenerator | None = None,
) -> tuple[Tensor, Tensor]:
    """`dot_product_attention` in keras.ops, the truth that every fused kernel is compared with; returns the scores.

    Args:
        query: as there, and so are the others.
        key: as there.
        value: as there.
        mask: as there.
        dropout: as there.
        seed: as there.

    Returns:
        the pair that `dot_product_attention` returns with `return_scores`.
    """
    products = matmul_transposed(query * query.shape[-1] ** -0.5, key)  # (batch, heads, queries, keys)
    if 0 < dropout < 1 and is_worth_compiling(products):
        scores = _compiled_scores(products, mask, dropout, seed)
    else:
        scores = _scores(products, mask)
        scores = drop_elements(scores, dropout, seed) if dropout else scores
    return ops.matmul(scores, value), scores  # (batch, heads, queries, head_dim)


def _scores(products, mask):
    """Softmax over the keys that are seen, in float32."""
    return ops.cast(ops.softmax(_masked(products, mask), axis=-1), products.dtype)


def _masked(products, mask):
    products = ops.cast(products, "float32")
    if mask is None:
        return products
    # Added, not selected: its gradient costs nothing, and the graph optimizer shares the sum's right side
    # between all layers that got the same mask.
    return products + ops.expand_dims(ops.cast(ops.logical_not(mask), "float32") * _HIDDEN, 1)


def _compiled_scores(products, mask, dropout, seed):
    """`_scores` and dropout as one kernel each way: 17 ms of a core for (16, 12, 128, 128) where they take 27."""
    import tensorflow as tf

    forward, backward = compiled(_dropped_scores, rate=dropout), compiled(_gradient_of_scores, rate=dropout)
    keys = round_keys(seed)

    @tf.custom_gradient
    def chain(products):
        dropped, scores = forward(products, mask, *keys)
        return dropped, lambda upstream: backward(scores, *keys, upstream)

    return chain(products)


def _dropped_scores(products, mask, first, second, *, rate):
    x = _masked(products, mask)
    exponentials = ops.exp(x - ops.max(x, axis=-1, keepdims=True))
    scores = ops.cast(exponentials / row_sums(exponentials), products.dtype)
    return drop(scores, first, second, rate=rate), scores


def _gradient_of_scores(scores, first, second, upstream, *, rate):
    upstream = ops.cast(drop(upstream, first, second, rate=rate), "float32")
    wide = ops.cast(scores, "float32")
    return ops.cast(wide * (upstream - row_sums(wide * upstream)), scores.dtype)
