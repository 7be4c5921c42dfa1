"""Rotary positions: queries and keys turned by angles, so that their product knows how far they are apart."""

import numpy as np
from keras import ops

from bert_keras.types import Tensor


def rotary_angles(positions: Tensor, head_dim: int, theta: float) -> Tensor:
    """Give the cosines and sines of the angles by which vectors at some positions are turned.

    Column i of a head turns by `position / theta ** (2 * i / head_dim)`. In float32 whatever the precision of the
    model: in bfloat16, with its 8 bits, positions above 256 would fall together.

    Args:
        positions: (batch, length) int tensor.
        head_dim: width of a head, an even number.
        theta: base of the wavelengths, 10 000 in the paper.

    Returns:
        (batch, length, head_dim) float32 tensor: the cosines, then the sines.

    Example:
        >>> import keras
        >>> angles = rotary_angles(keras.ops.array([[0, 1]]), head_dim=2, theta=10000.0)
        >>> print(keras.ops.convert_to_numpy(angles).round(2))
        [[[1.   0.  ]
          [0.54 0.84]]]
    """
    exponents = np.arange(0, head_dim, 2, dtype="float32") / np.float32(head_dim)
    frequencies = np.float32(1.0) / np.float32(theta) ** exponents  # (head_dim / 2,)
    angles = ops.expand_dims(ops.cast(positions, "float32"), 2) * ops.convert_to_tensor(frequencies, "float32")
    return ops.concatenate([ops.cos(angles), ops.sin(angles)], axis=-1)


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn the vectors of each head: column i and column i + head_dim / 2 are a point in the plane.

    Args:
        x: (batch, heads, length, head_dim) float tensor, queries or keys.
        angles: (batch, length, head_dim) tensor, as `rotary_angles` gives it.

    Returns:
        tensor like `x`, computed in float32.

    Example:
        >>> import keras
        >>> angles = rotary_angles(keras.ops.array([[0, 1]]), head_dim=2, theta=10000.0)
        >>> print(keras.ops.convert_to_numpy(rotate(keras.ops.ones((1, 1, 2, 2)), angles)).round(2))
        [[[[ 1.    1.  ]
           [-0.3   1.38]]]]
    """
    angles = ops.expand_dims(ops.cast(angles, "float32"), 1)  # Keras may have cast them on their way through a layer
    cosines, sines = ops.split(angles, 2, axis=-1)  # each (batch, 1, length, head_dim / 2)
    first, second = ops.split(ops.cast(x, "float32"), 2, axis=-1)
    turned = [first * cosines - second * sines, second * cosines + first * sines]
    return ops.cast(ops.concatenate(turned, axis=-1), x.dtype)
