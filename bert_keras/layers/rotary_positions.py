"""Rotary positions of the tokens of a batch, once for all blocks that turn queries and keys by the same angles."""

from typing import Any

import keras

from bert_keras.ops import packed_positions, rotary_angles
from bert_keras.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class RotaryPositions(keras.layers.Layer):
    """Gives the angles by which `SelfAttention` turns queries and keys, so that they know how far they are apart.

    Positions count from 0, and anew in each sequence of a packed row, as the padding mask numbers them. There are no
    weights, so rows may be longer than those of the training.

    Args:
        head_dim: width of an attention head, an even number.
        theta: base of the wavelengths: the columns of a head turn once in 2 pi to nearly 2 pi `theta` tokens. Default
            10 000.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        padding_mask: (batch, length) int tensor: 0 at padding, else the number of the sequence.
        positions: (batch, tokens) int tensor of positions that are known, in place of those of the padding mask, or
            None.

    Output:
        (batch, length, head_dim) float32 tensor: cosines, then sines.

    Raises:
        ValueError: where `head_dim` is odd, or `theta` not above 0.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import RotaryPositions
        >>> angles = RotaryPositions(head_dim=2)(np.array([[1, 1, 2, 2]]))
        >>> print(np.array(angles)[0].round(2))
        [[1.   0.  ]
         [0.54 0.84]
         [1.   0.  ]
         [0.54 0.84]]

    Reference:
        [Su et al., 2021](https://arxiv.org/abs/2104.09864), section 3.4.
    """

    def __init__(self, head_dim: int, *, theta: float = 10000.0, **kwargs: Any):
        super().__init__(**kwargs)
        if head_dim % 2:
            raise ValueError(f"Rotary positions turn pairs of columns: expected an even head_dim, received {head_dim}.")
        if not theta > 0:
            raise ValueError(f"Expected a theta above 0, received {theta}.")
        self.head_dim = head_dim
        self.theta = theta

    def call(self, padding_mask: Tensor, positions: Tensor | None = None) -> Tensor:
        positions = packed_positions(padding_mask) if positions is None else positions
        return rotary_angles(positions, self.head_dim, self.theta)

    def compute_output_spec(self, padding_mask: Tensor, positions: Tensor | None = None) -> Any:
        shape = padding_mask.shape if positions is None else positions.shape
        return keras.KerasTensor((*shape, self.head_dim), "float32")

    def compute_output_shape(self, padding_mask_shape: Shape) -> Any:
        return (*padding_mask_shape, self.head_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"head_dim": self.head_dim, "theta": self.theta}
