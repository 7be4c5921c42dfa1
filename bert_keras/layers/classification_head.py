"""The head that sorts texts into classes, or gives them a number."""

from collections.abc import Callable
from typing import Any

import keras

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.initializers import fresh_initializer
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.layers.logits import logits_layer
from bert_keras.ops import fast_activation, get_activation
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class ClassificationHead(keras.layers.Layer):
    """Scores the classes of a text: dropout, then one dense layer; other families have a hidden layer before it.

    (batch, hidden_dim) vectors become (batch, num_classes) logits, in float32 whatever the precision of the layer.
    With one class the logit is a regression's value.

    Args:
        num_classes: number of classes, 1 for regression.
        dropout: rate of the dropout before the dense layer. Default 0.
        hidden_activation: activation function, or its name, of a dense layer of width hidden_dim before that dropout:
            "tanh" in RoBERTa, "relu" in DistilBERT. Default None: no such layer, as in BERT.
        hidden_dropout: whether there is the same dropout before the hidden layer, as in RoBERTa. Default False.
        hidden_norm_epsilon: added to the variance in a layer norm behind the hidden layer, as in ModernBERT. Default
            None: no layer norm.
        hidden_bias: whether hidden layer and layer norm have a bias. Default True.
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
        `create_model` of https://github.com/google-research/bert/blob/master/run_classifier.py;
        `RobertaClassificationHead`, `DistilBertForSequenceClassification` and `ModernBertPredictionHead` of
        https://github.com/huggingface/transformers
    """

    def __init__(
        self, num_classes: int, *, dropout: float = 0.0, hidden_activation: str | Callable | None = None,
        hidden_dropout: bool = False, hidden_norm_epsilon: float | None = None, hidden_bias: bool = True,
        kernel_initializer: Initializer | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.dropout = dropout
        self.hidden_activation = None if hidden_activation is None else get_activation(hidden_activation)
        self.hidden_dropout = hidden_dropout
        self.hidden_norm_epsilon = hidden_norm_epsilon
        self.hidden_bias = hidden_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.hidden = self.hidden_dropout_layer = self.hidden_norm = None
        if hidden_dropout:
            self.hidden_dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="hidden_dropout")
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.dense = logits_layer(num_classes, kernel_initializer, self.dtype_policy)

    def build(self, inputs_shape: Shape) -> None:
        if self.hidden_activation is not None:  # as wide as its input, which is known only now
            self.hidden = keras.layers.Dense(
                inputs_shape[-1],
                activation=fast_activation(self.hidden_activation),
                use_bias=self.hidden_bias,
                kernel_initializer=fresh_initializer(self.kernel_initializer),
                dtype=self.dtype_policy,
                name="hidden",
            )
            self.hidden.build(inputs_shape)
        if self.hidden_norm_epsilon is not None:
            self.hidden_norm = LayerNormalization(
                epsilon=self.hidden_norm_epsilon, center=self.hidden_bias, dtype=self.dtype_policy, name="hidden_norm"
            )
            self.hidden_norm.build(inputs_shape)
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        x = inputs if self.hidden_dropout_layer is None else self.hidden_dropout_layer(inputs)
        x = x if self.hidden is None else self.hidden(x)  # (batch, hidden)
        x = x if self.hidden_norm is None else self.hidden_norm(x)
        return self.dense(self.dropout_layer(x))  # (batch, classes)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor((inputs.shape[0], self.num_classes), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_classes": self.num_classes,
            "dropout": self.dropout,
            "hidden_activation": None
            if self.hidden_activation is None
            else keras.activations.serialize(self.hidden_activation),
            "hidden_dropout": self.hidden_dropout,
            "hidden_norm_epsilon": self.hidden_norm_epsilon,
            "hidden_bias": self.hidden_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
