"""Cross-attention onto one vector: what a decoder sees of a text that is given as its sentence vector alone."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.initializers import fresh_initializer
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class VectorCrossAttention(keras.layers.Layer):
    """Tells all tokens of a row one vector.

    Where there is a single thing to attend to, its score is 1 whatever is asked: queries and keys say nothing, and
    there are none. Of multi-head attention two dense layers are left, for the values and for what the heads found; of a
    decoder's block the residual connection and the layer norm around them.

    Args:
        hidden_dim: width of the tokens' vectors; the one vector may have another.
        norm: whether there is a layer norm behind the sum, as where an encoder's norms come after its parts. Default
            True.
        dropout: rate of the dropout on what is told. Default 0.
        layer_norm_epsilon: added to the variance. Default 1e-12.
        kernel_initializer: initializer of both kernels, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        vector: (batch, dim) tensor.

    Output:
        (batch, length, hidden_dim) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import VectorCrossAttention
        >>> layer = VectorCrossAttention(hidden_dim=8)
        >>> layer(np.ones((1, 3, 8), "float32"), np.ones((1, 4), "float32")).shape == (1, 3, 8)
        True

    Reference:
        [Wang et al., 2021](https://arxiv.org/abs/2104.06979), section 3, where all keys and values are the sentence
        vector
    """

    def __init__(
        self,
        hidden_dim: int,
        *,
        norm: bool = True,
        dropout: float = 0.0,
        layer_norm_epsilon: float = 1e-12,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.norm = norm
        self.dropout = dropout
        self.layer_norm_epsilon = layer_norm_epsilon
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

        def dense(name):
            initializer = fresh_initializer(kernel_initializer)
            return keras.layers.Dense(hidden_dim, kernel_initializer=initializer, dtype=self.dtype_policy, name=name)

        self.value = dense("value")
        self.output_projection = dense("output")
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.layer_norm = None
        if norm:
            self.layer_norm = LayerNormalization(epsilon=layer_norm_epsilon, dtype=self.dtype_policy, name="layer_norm")

    def build(self, inputs_shape: Shape, vector_shape: Shape) -> None:
        self.value.build(vector_shape)
        self.output_projection.build((None, self.hidden_dim))
        if self.layer_norm is not None:
            self.layer_norm.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor, vector: Tensor) -> Tensor:
        told = ops.expand_dims(self.output_projection(self.value(vector)), 1)  # (batch, 1, hidden)
        x = inputs + self.dropout_layer(ops.broadcast_to(told, ops.shape(inputs)))
        return x if self.layer_norm is None else self.layer_norm(x)

    def compute_output_spec(self, inputs: Tensor, vector: Tensor) -> Any:
        return keras.KerasTensor(inputs.shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "hidden_dim": self.hidden_dim,
            "norm": self.norm,
            "dropout": self.dropout,
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
