"""The head that gives every token a tag."""

from typing import Any

import keras

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.logits import logits_layer
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class TokenClassificationHead(keras.layers.Layer):
    """Scores the tags of every token: dropout, then one dense layer, the same at every position.

    (batch, length, hidden_dim) vectors become (batch, length, num_tags) logits, in float32 whatever the precision of
    the layer.

    Args:
        num_tags: number of tags.
        dropout: rate of the dropout before the dense layer. Default 0.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.

    Output:
        (batch, length, num_tags) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import TokenClassificationHead
        >>> TokenClassificationHead(num_tags=9)(np.ones((2, 5, 8), "float32")).shape == (2, 5, 9)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 5.3.
    """

    def __init__(
        self, num_tags: int, *, dropout: float = 0.0, kernel_initializer: Initializer | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.num_tags = num_tags
        self.dropout = dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.dense = logits_layer(num_tags, kernel_initializer, self.dtype_policy)

    def build(self, inputs_shape: Shape) -> None:
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.dense(self.dropout_layer(inputs))  # (batch, length, tags)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor((*inputs.shape[:2], self.num_tags), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_tags": self.num_tags,
            "dropout": self.dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
