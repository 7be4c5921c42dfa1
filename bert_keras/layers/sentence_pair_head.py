"""The head that guesses how two texts stand to each other: the second one follows, or which comes first."""

from typing import Any

import keras

from bert_keras.layers.logits import logits_layer
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class SentencePairHead(keras.layers.Layer):
    """Scores two classes for a pair of texts: 0, the second really follows the first; 1, it does not.

    (batch, hidden_dim) pooled vectors become (batch, 2) logits, in float32 whatever the precision of the layer. In next
    sentence prediction 1 is a random second text, in sentence order prediction two texts that were exchanged; both
    senses of 0 and 1 are those of Google's files and of every published head.

    Args:
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, hidden_dim) tensor.

    Output:
        (batch, 2) float32 tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import SentencePairHead
        >>> SentencePairHead()(np.ones((3, 8), "float32")).shape == (3, 2)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1, "Next Sentence Prediction";
        [Lan et al., 2020](https://arxiv.org/abs/1909.11942), section 3.1, "Inter-sentence coherence loss".
    """

    def __init__(self, *, kernel_initializer: Initializer | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dense = logits_layer(2, kernel_initializer, self.dtype_policy)

    def build(self, inputs_shape: Shape) -> None:
        self.dense.build(inputs_shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.dense(inputs)  # (batch, 2)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor((inputs.shape[0], 2), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"kernel_initializer": keras.initializers.serialize(self.kernel_initializer)}
