"""Layer norm that costs little in training."""

from typing import Any

import keras

from bert_keras.ops import layer_norm
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class LayerNormalization(keras.layers.LayerNormalization):
    """`keras.layers.LayerNormalization` with a gradient in fewer passes over memory; see `bert_keras.ops.layer_norm`.

    Args:
        epsilon: added to the variance. Default 1e-3, as in Keras.
        **kwargs: further arguments of `keras.layers.LayerNormalization`, whose own computation serves inference, and
            other axes than the last one or no scale.

    Call arguments:
        inputs: (..., width) float tensor.
        training: whether a gradient will be taken.

    Output:
        tensor like `inputs`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import LayerNormalization
        >>> normed = LayerNormalization()(np.array([[1.0, 3.0]], "float32"), training=True)
        >>> np.array(normed).round(2).tolist()
        [[-1.0, 1.0]]

    Reference:
        [Ba et al., 2016](https://arxiv.org/abs/1607.06450)
    """

    def __init__(self, *, epsilon: float = 1e-3, **kwargs: Any):
        super().__init__(epsilon=epsilon, **kwargs)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        is_last_axis = self.axis in (-1, [-1], len(inputs.shape) - 1, [len(inputs.shape) - 1])
        if not training or not is_last_axis or not self.scale or self.rms_scaling:
            return super().call(inputs)
        return layer_norm(inputs, self.gamma, self.beta, self.epsilon)
