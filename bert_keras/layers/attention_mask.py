"""From the padding mask of a batch to who may see whom, once for all blocks."""

from typing import Any

import keras
from keras import ops

from bert_keras.types import Tensor

ATTENTION_PATTERNS = ("bidirectional", "causal", "prefix")


@keras.saving.register_keras_serializable(package="bert_keras")
class AttentionMask(keras.layers.Layer):
    """Says for every pair of tokens whether the first may see the second.

    The padding mask, (batch, length), holds 0 for padding and, where several sequences are packed in a row, the number
    of each token's sequence: 1, 2, 3, ... A token sees tokens of its own sequence alone. Padding is seen by nobody and
    sees all tokens, so that with one sequence a row even the outputs at padding equal those of other libraries.

    Which tokens of its sequence a token sees is the pattern:

    * "bidirectional": all of them, as in BERT;
    * "causal": itself and those before it, as in GPT;
    * "prefix": those of segment 0, and itself and those before it. So the source, segment 0, sees all of itself and
      nothing of the target, segment 1; the target sees the source and its own past, as in UniLM.

    For another rule subclass it, and give it to `BertEncoder(attention_mask=...)`: its `call` gets those of the
    encoder's inputs that it names, `padding_mask`, `segment_ids` or `token_ids`.

    Args:
        pattern: "bidirectional", "causal" or "prefix". Default "bidirectional".
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        padding_mask: (batch, length) int or bool tensor.
        segment_ids: (batch, length) int tensor; "prefix" needs it, the others do not look at it.
        queries: (queries,) int tensor, the positions in the row of the tokens that look, or None for all.

    Output:
        (batch, length, length) bool tensor; (batch, queries, length) with `queries`.

    Raises:
        ValueError: where there is no such pattern, or "prefix" gets no `segment_ids`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import AttentionMask
        >>> mask = AttentionMask()(np.array([[1, 2, 2, 0]]))
        >>> np.array(mask).astype(int).tolist()
        [[[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [1, 1, 1, 0]]]
        >>> mask = AttentionMask("prefix")(np.array([[1, 1, 1, 1]]), np.array([[0, 0, 1, 1]]))
        >>> np.array(mask).astype(int).tolist()
        [[[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]]

        >>> from keras import ops
        >>> class FirstTokenMask(AttentionMask):
        ...     def call(self, padding_mask):
        ...         both_ways = super().call(padding_mask)
        ...         return ops.logical_and(both_ways, ops.arange(ops.shape(both_ways)[2]) < 1)
        >>> np.array(FirstTokenMask()(np.array([[1, 1, 1]]))).astype(int).tolist()
        [[[1, 0, 0], [1, 0, 0], [1, 0, 0]]]

    Reference:
        Packed rows: [Krell et al., 2021](https://arxiv.org/abs/2107.02027). Prefix:
        [Dong et al., 2019](https://arxiv.org/abs/1905.03197), figure 1.
    """

    def __init__(self, pattern: str = "bidirectional", **kwargs: Any):
        super().__init__(**kwargs)
        if pattern not in ATTENTION_PATTERNS:
            raise ValueError(f"Expected an attention pattern of {', '.join(ATTENTION_PATTERNS)}; received {pattern!r}.")
        self.pattern = pattern

    def call(self, padding_mask: Tensor, segment_ids: Tensor | None = None, queries: Tensor | None = None) -> Tensor:
        padding_mask = ops.cast(padding_mask, "int32")
        keys = ops.arange(ops.shape(padding_mask)[1], dtype="int32")
        query = padding_mask if queries is None else ops.take(padding_mask, queries, axis=1)
        query = ops.expand_dims(query, 2)  # (batch, queries, 1)
        key = ops.expand_dims(padding_mask, 1)  # (batch, 1, length)
        is_visible = ops.equal(query, key)
        if self.pattern != "bidirectional":
            queries = keys if queries is None else queries
            is_in_pattern = ops.expand_dims(keys <= ops.expand_dims(queries, 1), 0)  # (1, queries, length)
            if self.pattern == "prefix":
                is_in_pattern = ops.logical_or(is_in_pattern, ops.expand_dims(self._is_source(segment_ids), 1))
            is_visible = ops.logical_and(is_visible, is_in_pattern)
        is_visible = ops.logical_or(is_visible, ops.equal(query, 0))  # (batch, queries, length)
        return ops.logical_and(is_visible, ops.not_equal(key, 0))

    def _is_source(self, segment_ids):
        if segment_ids is None:
            raise ValueError('The attention pattern "prefix" needs segment_ids: 0 in the source, 1 in the target.')
        return ops.equal(ops.cast(segment_ids, "int32"), 0)  # (batch, length)

    def compute_output_spec(self, padding_mask: Tensor, queries: Tensor | None = None, **other_inputs: Any) -> Any:
        batch, length = padding_mask.shape
        return keras.KerasTensor((batch, length if queries is None else queries.shape[0], length), "bool")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"pattern": self.pattern}
