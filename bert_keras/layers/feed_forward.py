"""The part of a block that works on each token alone."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from bert_keras.layers.dense import Dense
from bert_keras.layers.initializers import fresh_initializer
from bert_keras.ops import fast_activation, get_activation
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class FeedForward(keras.layers.Layer):
    """Widens each token's vector, applies the activation, and narrows it again.

    (batch, length, hidden_dim) becomes (batch, length, intermediate_dim), goes through the activation, and comes back
    to (batch, length, hidden_dim).

    Args:
        hidden_dim: width of input and output.
        intermediate_dim: width in between, 4 times `hidden_dim` in BERT.
        activation: activation function or its name. Default "gelu", the exact one.
        use_bias: whether the dense layers have a bias. Default True.
        kernel_initializer: initializer of both kernels, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        training: whether a gradient will be taken.

    Output:
        (batch, length, hidden_dim) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import FeedForward
        >>> FeedForward(hidden_dim=8, intermediate_dim=32)(np.ones((1, 3, 8), "float32")).shape == (1, 3, 8)
        True

    Reference:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.3.
    """

    num_parts = 1  # what the first dense layer gives, in widths of intermediate_dim

    def __init__(
        self,
        hidden_dim: int,
        intermediate_dim: int,
        *,
        activation: str | Callable = "gelu",
        use_bias: bool = True,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.intermediate_dim = intermediate_dim
        self.activation = get_activation(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

        def dense(units, name, **options):
            options |= {"use_bias": use_bias, "kernel_initializer": fresh_initializer(kernel_initializer)}
            return Dense(units, dtype=self.dtype_policy, name=name, **options)

        self.intermediate = dense(self.num_parts * intermediate_dim, "intermediate", feeds_activation=True)
        self.output_projection = dense(hidden_dim, "output")

    def build(self, inputs_shape: Shape) -> None:
        self.intermediate.build((None, inputs_shape[-1]))
        self.output_projection.build((None, self.intermediate_dim))
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        # Rows, for TensorFlow computes bias and activation inside a product of matrices, and of nothing else.
        x = self.intermediate(ops.reshape(inputs, (-1, inputs.shape[-1])))  # (batch * length, parts * intermediate)
        x = self.activate(x, training)  # (batch * length, intermediate)
        return ops.reshape(self.output_projection(x), ops.shape(inputs))  # (batch, length, hidden)

    def activate(self, x: Tensor, training: bool) -> Tensor:
        """Go from what the first dense layer gives to what the second takes: by the activation.

        Args:
            x: (batch * length, num_parts * intermediate_dim) tensor.
            training: whether a gradient will be taken.

        Returns:
            (batch * length, intermediate_dim) tensor.
        """
        return fast_activation(self.activation, training=training)(x)

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return (*inputs_shape[:-1], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "hidden_dim": self.hidden_dim,
            "intermediate_dim": self.intermediate_dim,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
