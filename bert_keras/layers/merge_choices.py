"""What lets an encoder read several choices of an example at once."""

from typing import Any

import keras
from keras import ops

from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MergeChoices(keras.layers.Layer):
    """Makes each choice a row of its own, so that an encoder reads it: (batch, choices, length) to (-1, length).

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, choices, length) int tensor.

    Output:
        (batch * choices, length) tensor of the same dtype.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import MergeChoices
        >>> MergeChoices()(np.ones((2, 4, 7), "int32")).shape == (8, 7)
        True
    """

    def call(self, inputs: Tensor) -> Tensor:
        return ops.reshape(inputs, (-1, ops.shape(inputs)[2]))  # (batch * choices, length)

    def compute_output_spec(self, inputs: Tensor) -> Any:
        batch, choices, length = inputs.shape
        rows = None if batch is None or choices is None else batch * choices
        return keras.KerasTensor((rows, length), inputs.dtype)
