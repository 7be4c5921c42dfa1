"""From the padding mask of a batch to who may see whom, once for all blocks."""

from typing import Any

import keras
from keras import ops

from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class AttentionMask(keras.layers.Layer):
    """Says for every pair of tokens whether the first may see the second.

    The padding mask, (batch, length), holds 0 for padding and, where several sequences are packed in a row, the number
    of each token's sequence: 1, 2, 3, ... A token sees the tokens of its own sequence. Padding is seen by nobody and
    sees all tokens, so that with one sequence a row even the outputs at padding equal those of other libraries.

    For another rule subclass it, and give it to `BertEncoder(attention_mask=...)`: its `call` gets those of the
    encoder's inputs that it names, `padding_mask`, `segment_ids` or `token_ids`.

    Args:
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        padding_mask: (batch, length) int or bool tensor.

    Output:
        (batch, length, length) bool tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import AttentionMask
        >>> mask = AttentionMask()(np.array([[1, 2, 2, 0]]))
        >>> np.array(mask).astype(int).tolist()
        [[[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [1, 1, 1, 0]]]

        >>> from keras import ops
        >>> class CausalMask(AttentionMask):
        ...     def call(self, padding_mask):
        ...         both_ways = super().call(padding_mask)
        ...         return ops.logical_and(both_ways, ops.tril(ops.ones(ops.shape(both_ways)[1:], "bool")))
        >>> np.array(CausalMask()(np.array([[1, 1, 1]]))).astype(int).tolist()
        [[[1, 0, 0], [1, 1, 0], [1, 1, 1]]]

    Reference:
        Packed rows: [Krell et al., 2021](https://arxiv.org/abs/2107.02027).
    """

    def call(self, padding_mask: Tensor) -> Tensor:
        padding_mask = ops.cast(padding_mask, "int32")
        query = ops.expand_dims(padding_mask, 2)  # (batch, length, 1)
        key = ops.expand_dims(padding_mask, 1)  # (batch, 1, length)
        same_sequence = ops.logical_or(ops.equal(query, key), ops.equal(query, 0))  # (batch, length, length)
        return ops.logical_and(same_sequence, ops.not_equal(key, 0))

    def compute_output_spec(self, padding_mask: Tensor, **other_inputs: Any) -> Any:
        batch, length = padding_mask.shape
        return keras.KerasTensor((batch, length, length), "bool")
