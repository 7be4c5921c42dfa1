"""The head that finds where an answer starts and ends."""

from typing import Any

import keras

from bert_keras.layers.classification_head import ClassificationHead
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class SpanHead(ClassificationHead):
    """Scores every token as the first and as the last of a span: a `ClassificationHead` of two outputs.

    (batch, length, hidden_dim) vectors become two times (batch, length) logits, in float32 whatever the precision of
    the layer. Padding is scored too: who picks a span leaves it out.

    Args:
        **kwargs: further arguments of `ClassificationHead`, such as those of a hidden layer.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.

    Output:
        dict of `start` and `end`, (batch, length) float32 tensors.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import SpanHead
        >>> outputs = SpanHead()(np.ones((2, 5, 8), "float32"))
        >>> outputs["start"].shape == (2, 5) and outputs["end"].shape == (2, 5)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 4.2; `create_model` of
        https://github.com/google-research/bert/blob/master/run_squad.py
    """

    def __init__(self, **kwargs: Any):
        super().__init__(2, **kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        x = super().call(inputs)  # (batch, length, 2)
        return {"start": x[:, :, 0], "end": x[:, :, 1]}

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return {name: keras.KerasTensor(inputs.shape[:2], "float32") for name in ("start", "end")}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["num_classes"]
        return config
