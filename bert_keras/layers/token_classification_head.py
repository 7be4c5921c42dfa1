"""The head that gives every token a tag."""

from typing import Any

import keras

from bert_keras.layers.classification_head import ClassificationHead
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class TokenClassificationHead(ClassificationHead):
    """Scores the tags of every token: a `ClassificationHead`, the same at every position.

    (batch, length, hidden_dim) vectors become (batch, length, num_tags) logits, in float32 whatever the precision of
    the layer.

    Args:
        num_tags: number of tags.
        dropout: rate of the dropout before the dense layer. Default 0.
        **kwargs: further arguments of `ClassificationHead`, such as those of a hidden layer.

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

    def __init__(self, num_tags: int, *, dropout: float = 0.0, **kwargs: Any):
        super().__init__(num_tags, dropout=dropout, **kwargs)
        self.num_tags = num_tags

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor((*inputs.shape[:2], self.num_tags), "float32")

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {"num_tags": config.pop("num_classes")} | config
