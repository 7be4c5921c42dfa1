"""The head that tells which tokens were replaced."""

from collections.abc import Callable
from typing import Any

import keras

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.layers.logits import logits_layer
from bert_keras.ops import fast_activation, get_activation
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class ReplacedTokenHead(keras.layers.Layer):
    """Scores every token: above 0 where another one stood there before.

    (batch, length, hidden_dim) vectors go through a dense layer of the same width, an activation and a dense layer of
    one output: (batch, length) logits, in float32 whatever the precision of the layer. Padding is scored too: weights
    leave it out of the loss.

    Args:
        activation: activation function of the first dense layer or its name. Default "gelu", the exact one.
        kernel_initializer: initializer of both kernels, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.

    Output:
        (batch, length) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import ReplacedTokenHead
        >>> ReplacedTokenHead()(np.ones((2, 5, 8), "float32")).shape == (2, 5)
        True

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555), section 2; `ElectraDiscriminatorPredictions` of
        https://github.com/huggingface/transformers
    """

    def __init__(
        self, *, activation: str | Callable = "gelu", kernel_initializer: Initializer | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.activation = get_activation(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.hidden = None
        self.dense = logits_layer(1, kernel_initializer, self.dtype_policy)

    def build(self, inputs_shape: Shape) -> None:
        self.hidden = keras.layers.Dense(  # as wide as its input, which is known only now
            inputs_shape[-1],
            activation=fast_activation(self.activation),
            kernel_initializer=fresh_initializer(self.kernel_initializer),
            dtype=self.dtype_policy,
            name="hidden",
        )
        self.hidden.build(inputs_shape)
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.dense(self.hidden(inputs))[..., 0]  # (batch, length)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor(inputs.shape[:2], "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
