"""The head that picks one of several choices."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.classification_head import ClassificationHead
from bert_keras.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MultipleChoiceHead(ClassificationHead):
    """Scores each choice by itself: a `ClassificationHead` of one output, the same for all choices.

    (batch * choices, hidden_dim) vectors become (batch, choices) logits, in float32 whatever the precision of the
    layer; a softmax over the choices makes probabilities of them.

    Args:
        dropout: rate of the dropout before the dense layer. Default 0.
        **kwargs: further arguments of `ClassificationHead`, such as those of a hidden layer.

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

    def __init__(self, *, dropout: float = 0.0, **kwargs: Any):
        super().__init__(1, dropout=dropout, **kwargs)

    def build(self, inputs_shape: Shape, token_ids_shape: Shape | None = None) -> None:
        super().build(inputs_shape)

    def call(self, inputs: Tensor, token_ids: Tensor) -> Tensor:
        x = super().call(inputs)  # (batch * choices, 1)
        return ops.reshape(x, (-1, ops.shape(token_ids)[1]))  # (batch, choices)

    def compute_output_spec(self, inputs: Tensor, token_ids: Tensor) -> Any:
        return keras.KerasTensor(token_ids.shape[:2], "float32")

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["num_classes"]
        return config
