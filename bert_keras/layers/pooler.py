"""One vector for the whole sequence, from its first token."""

from typing import Any

import keras

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class Pooler(keras.layers.Layer):
    """Takes the vector of the first token, `[CLS]` in BERT, through a dense layer and tanh.

    (batch, length, hidden_dim) becomes (batch, hidden_dim).

    Args:
        hidden_dim: width of input and output.
        use_bias: whether the dense layer has a bias. Default True.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.

    Output:
        (batch, hidden_dim) tensor, each value between -1 and 1.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import Pooler
        >>> Pooler(hidden_dim=8)(np.ones((2, 3, 8), "float32")).shape == (2, 8)
        True

    Reference:
        `pooled_output` of https://github.com/google-research/bert/blob/master/modeling.py
    """

    def __init__(
        self,
        hidden_dim: int,
        *,
        use_bias: bool = True,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense = keras.layers.Dense(
            hidden_dim,
            activation="tanh",
            use_bias=use_bias,
            kernel_initializer=fresh_initializer(kernel_initializer),
            dtype=self.dtype_policy,
            name="dense",
        )

    def build(self, inputs_shape: Shape) -> None:
        self.dense.build((inputs_shape[0], inputs_shape[2]))
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.dense(inputs[:, 0])  # (batch, hidden)

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return (inputs_shape[0], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "hidden_dim": self.hidden_dim,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
