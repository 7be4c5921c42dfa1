"""Dropout that costs little when it is compiled."""

import keras

from bert_keras.ops import dropout
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout` with noise that XLA computes quickly on a CPU; see `bert_keras.ops.dropout`.

    Args:
        rate: share of the elements dropped in training.
        noise_shape: as in Keras, whose own noise it then is. Default None.
        seed: int, or None for other noise in each run.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: float tensor of any shape.
        training: whether to drop.

    Output:
        tensor like `inputs`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import Dropout
        >>> dropped = Dropout(0.5)(np.ones((2, 8), "float32"), training=True)
        >>> sorted(set(np.array(dropped).ravel().tolist())) == [0.0, 2.0]
        True
    """

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if self.noise_shape is not None:
            return super().call(inputs, training=training)
        return dropout(inputs, self.rate, self.seed_generator) if training and self.rate else inputs
