"""The head that guesses the tokens of a masked span from the two tokens beside it."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.layers.masked_lm_head import MaskedLMHead
from bert_keras.ops import fast_activation
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class SpanBoundaryHead(MaskedLMHead):
    """Scores every word of the vocabulary for a masked token, seeing only what stands beside its span, and where it is.

    The vectors of the token before the span and of that behind it, and a vector of the masked token's place in the
    span, go side by side through a dense layer of the width of the first, an activation and a layer norm, and then
    through those of a masked-LM head, tied to the encoder's token table as any other.

    Args:
        token_embedding: as of `MaskedLMHead`, as are the others.
        max_span_tokens: number of places; the tokens of a longer span behind them share the last. Default 20, as
            published.
        position_dim: width of a place's vector. Default 200, as published.
        vocabulary_size: as of `MaskedLMHead`.
        activation: of both dense layers or its name. Default "gelu", the exact one.
        layer_norm_epsilon: added to the variances.
        use_bias: whether the dense layers and the layer norms have a bias.
        kernel_initializer: of both dense kernels and the places' vectors, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, predictions, hidden_dim) tensor of the tokens before the spans.
        behind: the same of those behind them.
        numbers: (batch, predictions) int tensor: which token of its span is guessed, from 0.

    Output:
        (batch, predictions, vocabulary_size) float32 tensor.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from bert_keras.layers import SpanBoundaryHead
        >>> head = SpanBoundaryHead(keras.layers.ReversibleEmbedding(100, 8))
        >>> vectors = np.ones((1, 2, 8), "float32")
        >>> head(vectors, vectors, np.array([[0, 1]])).shape == (1, 2, 100)
        True

    Reference:
        [Joshi et al., 2020](https://arxiv.org/abs/1907.10529), section 3.2.
    """

    def __init__(
        self,
        token_embedding: keras.layers.Layer,
        *,
        max_span_tokens: int = 20,
        position_dim: int = 200,
        vocabulary_size: int | None = None,
        activation: str | Callable = "gelu",
        layer_norm_epsilon: float = 1e-12,
        use_bias: bool = True,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            token_embedding, vocabulary_size=vocabulary_size, activation=activation, use_bias=use_bias,
            layer_norm_epsilon=layer_norm_epsilon, kernel_initializer=kernel_initializer, **kwargs,
        )  # fmt: skip
        self.max_span_tokens = max_span_tokens
        self.position_dim = position_dim

    def build(self, inputs_shape: Shape, behind_shape: Shape, numbers_shape: Shape) -> None:
        super().build(inputs_shape)
        width = inputs_shape[-1]
        self.position_embedding = keras.layers.Embedding(
            self.max_span_tokens,
            self.position_dim,
            embeddings_initializer=fresh_initializer(self.kernel_initializer),
            dtype=self.dtype_policy,
            name="position_embedding",
        )
        self.boundary_transform = keras.layers.Dense(
            width,
            activation=fast_activation(self.activation),
            use_bias=self.use_bias,
            kernel_initializer=fresh_initializer(self.kernel_initializer),
            dtype=self.dtype_policy,
            name="boundary_transform",
        )
        self.boundary_layer_norm = LayerNormalization(
            epsilon=self.layer_norm_epsilon, center=self.use_bias, dtype=self.dtype_policy, name="boundary_layer_norm"
        )
        self.position_embedding.build(numbers_shape)
        self.boundary_transform.build((*inputs_shape[:-1], 2 * width + self.position_dim))
        self.boundary_layer_norm.build(inputs_shape)

    def call(self, inputs: Tensor, behind: Tensor, numbers: Tensor) -> Tensor:
        places = self.position_embedding(ops.minimum(numbers, self.max_span_tokens - 1))
        x = ops.concatenate([inputs, behind, places], axis=-1)  # (batch, predictions, 2 * hidden + position)
        return super().call(self.boundary_layer_norm(self.boundary_transform(x)))

    def compute_output_spec(self, inputs: Tensor, behind: Tensor, numbers: Tensor) -> Any:
        return super().compute_output_spec(inputs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"max_span_tokens": self.max_span_tokens, "position_dim": self.position_dim}
