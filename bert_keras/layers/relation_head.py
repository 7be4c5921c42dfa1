"""The head that tells the relation between two entities of a text."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.logits import logits_layer
from bert_keras.ops.gather import gather_positions
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class RelationHead(keras.layers.Layer):
    """Scores the relations between two entities: the vectors of their markers and the text, dropout, a dense layer.

    Of (batch, length, hidden_dim) vectors the one at the first position and those at the two entities' positions are
    put side by side, (batch, 3 * hidden_dim), and become (batch, num_classes) logits, in float32 whatever the
    precision of the layer.

    Args:
        num_classes: number of relations.
        dropout: rate of the dropout before the dense layer. Default 0.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        entity_positions: (batch, 2) integer tensor, where the markers of the two entities stand.

    Output:
        (batch, num_classes) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import RelationHead
        >>> RelationHead(num_classes=19)(np.ones((2, 5, 8), "float32"), np.array([[1, 3], [2, 4]])).shape == (2, 19)
        True

    Reference:
        Vectors of the markers: [Baldini Soares et al., 2019](https://arxiv.org/abs/1906.03158), section 3.2; with the
        text's beside them: [Wu and He, 2019](https://arxiv.org/abs/1905.08284).
    """

    def __init__(
        self, num_classes: int, *, dropout: float = 0.0, kernel_initializer: Initializer | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.dropout = dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.dense = logits_layer(num_classes, kernel_initializer, self.dtype_policy)

    def build(self, inputs_shape: Shape, entity_positions_shape: Shape) -> None:
        self.dense.build((inputs_shape[0], 3 * inputs_shape[-1]))
        self.built = True

    def call(self, inputs: Tensor, entity_positions: Tensor) -> Tensor:
        positions = ops.pad(ops.cast(entity_positions, "int32"), [[0, 0], [1, 0]])  # (batch, 3), the first one 0
        x = gather_positions(inputs, positions, name="entity_positions")  # (batch, 3, hidden_dim)
        x = ops.reshape(x, (-1, 3 * inputs.shape[-1]))  # (batch, 3 * hidden_dim)
        return self.dense(self.dropout_layer(x))  # (batch, classes)

    def compute_output_spec(self, inputs: Tensor, entity_positions: Tensor) -> Any:
        return keras.KerasTensor((inputs.shape[0], self.num_classes), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_classes": self.num_classes,
            "dropout": self.dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
