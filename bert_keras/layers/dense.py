"""A dense layer whose product runs at the processor's speed in bfloat16."""

from typing import Any

import keras

from bert_keras.ops import dense
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class Dense(keras.layers.Dense):
    """`keras.layers.Dense` that computes product and bias in the order that is fastest; see `bert_keras.ops.dense`.

    Args:
        units: width of the output.
        feeds_activation: whether an activation follows at once, which TensorFlow computes within the product where no
            gradient is taken. Default False.
        **kwargs: arguments of `keras.layers.Dense`.

    Call arguments:
        inputs: (..., width) float tensor.
        training: whether a gradient will be taken.

    Output:
        (..., units) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import Dense
        >>> np.array(Dense(1, kernel_initializer="ones")(np.ones((2, 3), "float32"))).tolist()
        [[3.0], [3.0]]
    """

    def __init__(self, units: int, *, feeds_activation: bool = False, **kwargs: Any):
        super().__init__(units, **kwargs)
        self.feeds_activation = feeds_activation

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if self.feeds_activation and not training:
            return super().call(inputs)
        return self.activation(dense(inputs, self.kernel, self.bias))

    def quantize(self, mode: str | None = None, type_check: bool = True, config: Any = None) -> None:
        """Quantize the kernel, as `keras.layers.Dense` does.

        Keras takes each subclass for one that computes otherwise, warns, and leaves its kernel as it was.

        Args:
            mode: `"int8"`, or another of Keras' modes.
            type_check: whether to refuse subclasses of this class.
            config: Keras' config of the quantization, None for that of the mode.

        Raises:
            NotImplementedError: for a subclass, where these are refused.
        """
        super().quantize(mode, type_check=type_check and type(self) is not Dense, config=config)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"feeds_activation": self.feeds_activation}
