"""What lets an encoder read several choices, or texts, of an example at once."""

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


@keras.saving.register_keras_serializable(package="bert_keras")
class SplitChoices(keras.layers.Layer):
    """Gives each example its rows back that `MergeChoices` made: (batch * choices, dim) to (batch, choices, dim).

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch * choices, dim) tensor.
        token_ids: (batch, choices, length) tensor, what `MergeChoices` was given.

    Output:
        (batch, choices, dim) tensor of the dtype of the layer.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import SplitChoices
        >>> SplitChoices()(np.ones((8, 5), "float32"), np.ones((2, 4, 7), "int32")).shape == (2, 4, 5)
        True
    """

    def call(self, inputs: Tensor, token_ids: Tensor) -> Tensor:
        return ops.reshape(inputs, (-1, ops.shape(token_ids)[1], inputs.shape[-1]))

    def compute_output_spec(self, inputs: Tensor, token_ids: Tensor) -> Any:
        return keras.KerasTensor((*token_ids.shape[:2], inputs.shape[-1]), inputs.dtype)
