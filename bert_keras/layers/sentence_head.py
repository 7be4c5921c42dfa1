"""The head that makes the vector of a text from what was pooled of its tokens."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.ops import get_activation
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class SentenceHead(keras.layers.Layer):
    """Makes a text's vector: a dense layer, scaling to length 1, and a cut, each where it is asked for, in this order.

    (batch, hidden_dim) becomes (batch, dim), in float32 whatever the precision of the layer.

    Args:
        dense_dim: width of the dense layer, None for no such layer. Default None.
        dense_activation: its activation function or the name of one. Default "tanh".
        dense_bias: whether it has a bias. Default True.
        normalize: whether vectors are scaled to length 1. Default False.
        output_dim: how many of the first numbers of a vector are kept, None for all; they are not scaled anew.
        kernel_initializer: initializer of the dense layer's kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, hidden_dim) tensor.

    Output:
        (batch, dim) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import SentenceHead
        >>> vectors = np.array([[3.0, 4.0]], "float32")
        >>> [round(float(x), 4) for x in SentenceHead(normalize=True, output_dim=1)(vectors)[0]]
        [0.6]

    Reference:
        `Dense` and `Normalize` of https://github.com/huggingface/sentence-transformers
    """

    def __init__(
        self, *, dense_dim: int | None = None, dense_activation: str | Callable = "tanh", dense_bias: bool = True,
        normalize: bool = False, output_dim: int | None = None, kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.dense_dim = dense_dim
        self.dense_activation = get_activation(dense_activation)
        self.dense_bias = dense_bias
        self.normalize = normalize
        self.output_dim = output_dim
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense = None
        if dense_dim is not None:
            self.dense = keras.layers.Dense(
                dense_dim, activation=self.dense_activation, use_bias=dense_bias, dtype=self.dtype_policy,
                kernel_initializer=fresh_initializer(kernel_initializer), name="dense",
            )  # fmt: skip

    def build(self, inputs_shape: Shape) -> None:
        if self.dense is not None:
            self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        x = inputs if self.dense is None else self.dense(inputs)
        x = ops.cast(x, "float32")
        if self.normalize:
            squares = ops.sum(ops.square(x), axis=-1, keepdims=True)
            x = x * ops.rsqrt(ops.maximum(squares, 1e-24))  # a vector of zeros stays one
        return x if self.output_dim is None else x[:, : self.output_dim]

    def compute_output_spec(self, inputs: Tensor) -> Any:
        width = self.dense_dim or inputs.shape[-1]
        return keras.KerasTensor((inputs.shape[0], min(width, self.output_dim or width)), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "dense_dim": self.dense_dim,
            "dense_activation": keras.activations.serialize(self.dense_activation),
            "dense_bias": self.dense_bias,
            "normalize": self.normalize,
            "output_dim": self.output_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
