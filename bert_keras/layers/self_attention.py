"""Multi-head self-attention with one matrix product for queries, keys and values."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.dense import Dense
from bert_keras.layers.dropout import Dropout
from bert_keras.layers.initializers import fresh_initializer
from bert_keras.ops import dot_product_attention, local_attention, rotate, write_slots
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class SelfAttention(keras.layers.Layer):
    """Lets every token gather what it needs from the tokens that it may see.

    One dense layer turns (batch, length, hidden_dim) into queries, keys and values, one after the other in
    (batch, length, 3 * hidden_dim); each of `num_heads` heads attends on its share of the width; a dense layer mixes
    what the heads found.

    Args:
        hidden_dim: width of input and output.
        num_heads: number of heads; must divide `hidden_dim`.
        dropout: share of the attention scores dropped in training. Default 0.
        output_dropout: rate of the dropout on the output. Default 0.
        use_bias: whether the dense layers have a bias. Default True.
        kernel_initializer: initializer of both kernels, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        attention_mask: (batch, length, length) bool tensor, True where the first may see the second; for long rows in
            blocks, as `LocalAttentionMask` gives it; or None.
        training: whether to drop scores.
        return_attention_scores: whether to return a pair with the (batch, num_heads, length, length) scores.
        rotary_positions: (batch, length, head_dim) tensor of `RotaryPositions`, by which queries and keys are turned,
            or None.
        cache: pair of the keys and values of the tokens before, (batch, num_heads, slots, head_dim) each, or None. The
            inputs then are the tokens behind them, which see all slots that `attention_mask`, (batch, length, slots),
            shows them.
        slot: int32 scalar tensor, the slot of the first input.

    Output:
        (batch, length, hidden_dim) tensor, or the pair; with a cache a pair of the tensor and the new cache.

    Raises:
        ValueError: where `num_heads` does not divide `hidden_dim`, or scores are asked of a mask in blocks.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import SelfAttention
        >>> layer = SelfAttention(hidden_dim=8, num_heads=2)
        >>> outputs, scores = layer(np.ones((1, 3, 8), "float32"), return_attention_scores=True)
        >>> outputs.shape == (1, 3, 8) and scores.shape == (1, 2, 3, 3)
        True

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.2.2.
    """

    def __init__(
        self,
        hidden_dim: int,
        num_heads: int,
        *,
        dropout: float = 0.0,
        output_dropout: float = 0.0,
        use_bias: bool = True,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if hidden_dim % num_heads:
            raise ValueError(f"num_heads must divide hidden_dim. Received: {hidden_dim=}, {num_heads=}")
        self.hidden_dim = hidden_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.output_dropout = output_dropout
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.seed_generator = keras.random.SeedGenerator() if dropout else None

        def dense(units, name):
            initializer = fresh_initializer(kernel_initializer)
            return Dense(units, use_bias=use_bias, kernel_initializer=initializer, dtype=self.dtype_policy, name=name)

        self.query_key_value = dense(3 * hidden_dim, "query_key_value")
        self.output_projection = dense(hidden_dim, "output")
        self.dropout_layer = None
        if output_dropout:
            self.dropout_layer = Dropout(output_dropout, dtype=self.dtype_policy, name="dropout")

    def build(
        self,
        inputs_shape: Shape,
        attention_mask_shape: Shape | None = None,
        rotary_positions_shape: Shape | None = None,
    ) -> None:
        self.query_key_value.build((None, inputs_shape[-1]))
        self.output_projection.build((None, self.hidden_dim))
        self.built = True

    def call(
        self,
        inputs: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        rotary_positions: Tensor | None = None,
        cache: tuple[Tensor, Tensor] | None = None,
        slot: Tensor | None = None,
    ) -> Tensor:
        length = ops.shape(inputs)[1]
        # Rows, for TensorFlow adds the bias inside a product of matrices, and of nothing else.
        x = self.query_key_value(ops.reshape(inputs, (-1, inputs.shape[-1])))  # (batch * length, 3 * hidden)
        x = ops.reshape(x, (-1, length, 3, self.num_heads, self.hidden_dim // self.num_heads))
        # One transpose for all three
        query, key, value = ops.unstack(ops.transpose(x, (2, 0, 3, 1, 4)), 3)  # each (batch, heads, length, head_dim)
        if rotary_positions is not None:
            query, key = rotate(query, rotary_positions), rotate(key, rotary_positions)
        if cache is not None:
            key, value = (write_slots(kept, new, slot) for kept, new in zip(cache, (key, value), strict=True))
        x = self._attend(query, key, value, attention_mask, training, return_attention_scores)
        x, scores = x if return_attention_scores else (x, None)
        x = ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, self.hidden_dim))  # (batch * length, hidden)
        x = ops.reshape(self.output_projection(x), (-1, length, self.hidden_dim))
        if self.dropout_layer is not None:
            x = self.dropout_layer(x, training=training)
        if cache is not None:
            return x, (key, value)
        return (x, scores) if return_attention_scores else x

    def _attend(self, query, key, value, attention_mask, training, return_scores):
        dropout = {"dropout": self.dropout if training else 0.0, "seed": self.seed_generator}
        if attention_mask is None or len(attention_mask.shape) == 3:
            return dot_product_attention(query, key, value, attention_mask, return_scores=return_scores, **dropout)
        if return_scores:
            raise ValueError(
                "There are no scores of whole rows where the mask comes in blocks: call LocalAttentionMask without a "
                "padding_mask."
            )
        return local_attention(query, key, value, attention_mask, **dropout)

    def compute_output_spec(
        self,
        inputs: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        rotary_positions: Tensor | None = None,
    ) -> Any:
        outputs = keras.KerasTensor(inputs.shape, self.compute_dtype)
        if not return_attention_scores:
            return outputs
        batch, length, _ = inputs.shape
        return outputs, keras.KerasTensor((batch, self.num_heads, length, length), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "hidden_dim": self.hidden_dim,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "output_dropout": self.output_dropout,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
