"""The labels of a model that writes: of each token the next one of its own sequence."""

from keras import ops

from bert_keras.ops.check_labels import NO_LABEL
from bert_keras.types import Tensor


def next_tokens(token_ids: Tensor, padding_mask: Tensor, segment_ids: Tensor | None = None) -> Tensor:
    """Give the token behind each, and none where a sequence ends.

    Args:
        token_ids: (batch, length) int tensor.
        padding_mask: (batch, length) int tensor: 0 at padding, 1, 2, 3, ... for the sequences of a row.
        segment_ids: (batch, length) int tensor, or None; with it, tokens of segment 0 are no labels: they are a source,
            which is read and not written.

    Returns:
        (batch, length) int32 tensor, -100 where there is no label.

    Example:
        >>> import keras
        >>> labels = next_tokens(keras.ops.array([[7, 8, 9, 4, 5, 0]]), keras.ops.array([[1, 1, 1, 2, 2, 0]]))
        >>> print(keras.ops.convert_to_numpy(labels))
        [[   8    9 -100    5 -100 -100]]
    """
    token_ids, padding_mask = ops.cast(token_ids, "int32"), ops.cast(padding_mask, "int32")
    is_label = ops.logical_and(ops.equal(padding_mask[:, 1:], padding_mask[:, :-1]), padding_mask[:, 1:] > 0)
    if segment_ids is not None:
        is_label = ops.logical_and(is_label, ops.cast(segment_ids, "int32")[:, 1:] > 0)
    labels = ops.where(is_label, token_ids[:, 1:], NO_LABEL)
    return ops.pad(labels, ((0, 0), (0, 1)), constant_values=NO_LABEL)
