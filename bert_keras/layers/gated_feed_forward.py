"""The part of a block that works on each token alone, with a gate."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.feed_forward import FeedForward
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class GatedFeedForward(FeedForward):
    """Widens each token's vector twice, multiplies one, activated, with the other, and narrows the product.

    (batch, length, hidden_dim) becomes (batch, length, 2 * intermediate_dim) by one dense layer: the first half goes
    through the activation, the second is the gate that it is multiplied with; a dense layer brings the product,
    intermediate_dim wide, back to (batch, length, hidden_dim).

    Args:
        hidden_dim: width of input and output.
        intermediate_dim: width in between, of each half.
        dropout: rate of the dropout on the product. Default 0.
        **kwargs: further arguments of `FeedForward`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        training: whether to drop, and a gradient will be taken.

    Output:
        (batch, length, hidden_dim) tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import GatedFeedForward
        >>> GatedFeedForward(hidden_dim=8, intermediate_dim=12)(np.ones((1, 3, 8), "float32")).shape == (1, 3, 8)
        True

    Reference:
        [Shazeer, 2020](https://arxiv.org/abs/2002.05202); the order of the halves is ModernBERT's,
        [Warner et al., 2024](https://arxiv.org/abs/2412.13663).
    """

    num_parts = 2

    def __init__(self, hidden_dim: int, intermediate_dim: int, *, dropout: float = 0.0, **kwargs: Any):
        super().__init__(hidden_dim, intermediate_dim, **kwargs)
        self.dropout = dropout
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout") if dropout else None

    def activate(self, x: Tensor, training: bool) -> Tensor:
        """Go from what the first dense layer gives to what the second takes: the halves' product, dropped.

        Args:
            x: (batch * length, 2 * intermediate_dim) tensor.
            training: whether to drop, and a gradient will be taken.

        Returns:
            (batch * length, intermediate_dim) tensor.
        """
        x, gate = ops.split(x, 2, axis=-1)
        x = super().activate(x, training) * gate
        return x if self.dropout_layer is None else self.dropout_layer(x, training=training)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dropout": self.dropout}
