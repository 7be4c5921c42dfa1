"""By what it is known whether a model has still the same weights."""

import zlib

import keras
import numpy as np


def weights_checksum(model: keras.Model, *, rounded: bool = False) -> int:
    """Return the checksum of all weights, in their order.

    Args:
        model: any model.
        rounded: whether of the weights rounded to bfloat16, which is the same where they are kept in it. Default False.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> exact, rounded = weights_checksum(model), weights_checksum(model, rounded=True)
        >>> _ = model.weights[0].assign([[1.0001]])
        >>> weights_checksum(model) == exact, weights_checksum(model, rounded=True) == rounded
        (False, True)
    """
    checksum = 0
    for weight in model.weights:
        bits = np.ascontiguousarray(keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32"))).view("uint32")
        if rounded:  # the nearest, of two the even one
            bits = ((bits >> 16) + ((bits & 0xFFFF) + ((bits >> 16) & 1) > 0x8000)).astype("<u2")
        checksum = zlib.crc32(bits.tobytes(), checksum)
    return checksum
