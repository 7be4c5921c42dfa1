"""One vector for the whole sequence, of the largest numbers of all its tokens."""

from typing import Any

import keras
from keras import ops

from bert_keras.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MaxPooling(keras.layers.Layer):
    """Takes the largest value of each dimension over all tokens that are not padding.

    (batch, length, hidden_dim) becomes (batch, hidden_dim). A row of nothing but padding gives zeros.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        padding_mask: (batch, length) int tensor, 0 where there is padding.

    Output:
        (batch, hidden_dim) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import MaxPooling
        >>> vectors = np.array([[[1.0, -2.0], [3.0, -4.0], [9.0, 9.0]]], "float32")
        >>> np.array(MaxPooling()(vectors, np.array([[1, 1, 0]]))).tolist()
        [[3.0, -2.0]]

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3.
    """

    def call(self, inputs: Tensor, padding_mask: Tensor) -> Tensor:
        is_token = ops.expand_dims(ops.not_equal(padding_mask, 0), 2)  # (batch, length, 1)
        largest = ops.max(ops.where(is_token, ops.cast(inputs, "float32"), -1e9), axis=1)
        return ops.cast(ops.where(ops.any(is_token, axis=1), largest, 0.0), self.compute_dtype)

    def compute_output_shape(self, inputs_shape: Shape, padding_mask_shape: Shape | None = None) -> Any:
        return (inputs_shape[0], inputs_shape[2])

    def get_config(self) -> dict[str, Any]:
        return super().get_config()  # Keras would make one up that takes no dtype policy
