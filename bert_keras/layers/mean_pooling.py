"""One vector for the whole sequence, from all its tokens."""

from typing import Any

import keras
from keras import ops

from bert_keras.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MeanPooling(keras.layers.Layer):
    """Takes the mean of the vectors of all tokens that are not padding.

    (batch, length, hidden_dim) becomes (batch, hidden_dim). A row of nothing but padding gives zeros. Computed in
    float32.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        padding_mask: (batch, length) int tensor, 0 where there is padding.

    Output:
        (batch, hidden_dim) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import MeanPooling
        >>> vectors = np.array([[[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]]], "float32")
        >>> np.array(MeanPooling()(vectors, np.array([[1, 1, 0]]))).tolist()
        [[2.0, 3.0]]

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3.
    """

    def call(self, inputs: Tensor, padding_mask: Tensor) -> Tensor:
        weights = ops.expand_dims(ops.cast(ops.not_equal(padding_mask, 0), "float32"), 2)  # (batch, length, 1)
        total = ops.sum(ops.cast(inputs, "float32") * weights, axis=1)  # (batch, hidden)
        mean = total / ops.maximum(ops.sum(weights, axis=1), 1.0)
        return ops.cast(mean, self.compute_dtype)

    def compute_output_shape(self, inputs_shape: Shape, padding_mask_shape: Shape | None = None) -> Any:
        return (inputs_shape[0], inputs_shape[2])

    def get_config(self) -> dict[str, Any]:
        return super().get_config()  # Keras would make one up that takes no dtype policy
