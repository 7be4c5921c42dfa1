"""The head that picks one of several choices."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.logits import logits_layer
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MultipleChoiceHead(keras.layers.Layer):
    """Scores each choice by itself: dropout, then one dense layer of one output, the same for all choices.

    (batch * choices, hidden_dim) vectors become (batch, choices) logits, in float32 whatever the precision of the
    layer; a softmax over the choices makes probabilities of them.

    Args:
        dropout: rate of the dropout before the dense layer. Default 0.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch * choices, hidden_dim) tensor, the choices of an example one after the other.
        token_ids: (batch, choices, length) tensor: its shape says how many choices there are.

    Output:
        (batch, choices) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import MultipleChoiceHead
        >>> token_ids = np.ones((2, 4, 7), "int32")
        >>> MultipleChoiceHead()(np.ones((8, 16), "float32"), token_ids).shape == (2, 4)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 4.4.
    """

    def __init__(self, *, dropout: float = 0.0, kernel_initializer: Initializer | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.dense = logits_layer(1, kernel_initializer, self.dtype_policy)

    def build(self, inputs_shape: Shape, token_ids_shape: Shape | None = None) -> None:
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor, token_ids: Tensor) -> Tensor:
        x = self.dense(self.dropout_layer(inputs))  # (batch * choices, 1)
        return ops.reshape(x, (-1, ops.shape(token_ids)[1]))  # (batch, choices)

    def compute_output_spec(self, inputs: Tensor, token_ids: Tensor) -> Any:
        return keras.KerasTensor(token_ids.shape[:2], "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "dropout": self.dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
