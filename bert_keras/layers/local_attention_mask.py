"""Who may see whom in blocks that look at near tokens alone, once for all of them."""

from typing import Any

import keras

from bert_keras.ops import block_length, block_mask, within_window
from bert_keras.types import Tensor

# From so many windows on the blocks are cheaper than the whole row with most of it hidden.
_LONG = 2


@keras.saving.register_keras_serializable(package="bert_keras")
class LocalAttentionMask(keras.layers.Layer):
    """Narrows an attention mask to a window around each token.

    Short rows keep the form of a mask, a row of all tokens for every token. Where the length is more than two windows,
    or not known while a graph is traced, the mask of `AttentionMask` comes in blocks instead: for every token its own
    block and the two beside, so that neither it nor what `SelfAttention` computes with it grows with the square of the
    length.

    Args:
        window: number of tokens: each sees those that are at most `window // 2` before and behind it.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        attention_mask: (batch, length, length) bool tensor.
        padding_mask: (batch, length) int tensor, of which that mask was made by `AttentionMask`; None where another
            rule made it, or an attention gets it that does not know blocks.
        queries: (queries,) int tensor, the positions of the tokens that look, of which `attention_mask` is a row each,
            or None for all.

    Output:
        (batch, length, length) bool tensor, or of long rows (batch, blocks, block, 3 * block); see
        `bert_keras.ops.block_mask`.

    Raises:
        ValueError: where `window` is not above 0.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import AttentionMask, LocalAttentionMask
        >>> padding_mask = np.array([[1, 1, 1, 2]])
        >>> mask = LocalAttentionMask(window=2)(AttentionMask()(padding_mask))
        >>> np.array(mask).astype(int).tolist()
        [[[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]]

    Reference:
        [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150), section 3.1.
    """

    def __init__(self, window: int, **kwargs: Any):
        super().__init__(**kwargs)
        if window < 1:
            raise ValueError(f"Expected a window of at least 1 token, received {window}.")
        self.window = window

    def call(self, attention_mask: Tensor, padding_mask: Tensor | None = None, queries: Tensor | None = None) -> Tensor:
        if padding_mask is not None and self._is_long(padding_mask.shape[1]):
            return block_mask(padding_mask, self.window)
        return within_window(attention_mask, self.window, queries)

    def _is_long(self, length):
        return length is None or length > _LONG * self.window

    def compute_output_spec(
        self, attention_mask: Tensor, padding_mask: Tensor | None = None, queries: Tensor | None = None
    ) -> Any:
        batch, length, _ = attention_mask.shape
        if padding_mask is None or not self._is_long(length):
            return keras.KerasTensor((batch, length, length), "bool")
        block = block_length(self.window)
        return keras.KerasTensor((batch, length and -(-length // block), block, 3 * block), "bool")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"window": self.window}
