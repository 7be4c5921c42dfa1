"""The head that sorts texts into classes, or gives them a number."""

from typing import Any

import keras

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.logits import logits_layer
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class ClassificationHead(keras.layers.Layer):
    """Scores the classes of a text: dropout, then one dense layer.

    (batch, hidden_dim) vectors become (batch, num_classes) logits, in float32 whatever the precision of the layer.
    With one class the logit is a regression's value.

    Args:
        num_classes: number of classes, 1 for regression.
        dropout: rate of the dropout before the dense layer. Default 0.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, hidden_dim) tensor.

    Output:
        (batch, num_classes) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import ClassificationHead
        >>> ClassificationHead(num_classes=3)(np.ones((2, 8), "float32")).shape == (2, 3)
        True

    Reference:
        `create_model` of https://github.com/google-research/bert/blob/master/run_classifier.py
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

    def build(self, inputs_shape: Shape) -> None:
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.dense(self.dropout_layer(inputs))  # (batch, classes)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor((inputs.shape[0], self.num_classes), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_classes": self.num_classes,
            "dropout": self.dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
