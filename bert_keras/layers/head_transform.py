"""What stands between an encoder and a head where the vectors are made ready for it."""

from collections.abc import Callable
from typing import Any

import keras

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.ops import fast_activation, get_activation
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class HeadTransform(keras.layers.Layer):
    """Takes vectors through a dense layer, an activation and a layer norm, all of their own width.

    In ModernBERT it stands before the last layer of every head, as in the masked-LM head of BERT.

    Args:
        hidden_dim: width of input and output.
        activation: activation function or its name. Default "gelu", the exact one.
        layer_norm_epsilon: added to the variance. Default 1e-5, as published.
        use_bias: whether dense layer and layer norm have a bias. Default False, as published.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (..., hidden_dim) tensor.

    Output:
        (..., hidden_dim) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import HeadTransform
        >>> HeadTransform(hidden_dim=8)(np.ones((2, 8), "float32")).shape == (2, 8)
        True

    Reference:
        [Warner et al., 2024](https://arxiv.org/abs/2412.13663); `ModernBertPredictionHead` of transformers.
    """

    def __init__(
        self,
        hidden_dim: int,
        *,
        activation: str | Callable = "gelu",
        layer_norm_epsilon: float = 1e-5,
        use_bias: bool = False,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.activation = get_activation(activation)
        self.layer_norm_epsilon = layer_norm_epsilon
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense = keras.layers.Dense(
            hidden_dim,
            activation=fast_activation(self.activation),
            use_bias=use_bias,
            kernel_initializer=fresh_initializer(kernel_initializer),
            dtype=self.dtype_policy,
            name="dense",
        )
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=layer_norm_epsilon, center=use_bias, dtype=self.dtype_policy, name="layer_norm"
        )

    def build(self, inputs_shape: Shape) -> None:
        self.dense.build(inputs_shape)
        self.layer_norm.build((*inputs_shape[:-1], self.hidden_dim))
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.layer_norm(self.dense(inputs))

    def compute_output_shape(self, inputs_shape: Shape) -> Any:
        return (*inputs_shape[:-1], self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "hidden_dim": self.hidden_dim,
            "activation": keras.activations.serialize(self.activation),
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
