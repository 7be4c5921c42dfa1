"""Lists of spans as 0 and 1 for every pair of positions."""

from keras import ops

from bert_keras.types import Tensor


def span_targets(spans: Tensor, num_labels: int, length: int) -> Tensor:
    """Mark where spans begin and end.

    Args:
        spans: (batch, spans, 3) integer tensor of label, begin and end; a label of -1 is none.
        num_labels: number of labels.
        length: positions of a row.

    Returns:
        (batch, num_labels, length, length) float32 tensor of 0 and 1.
    """
    spans = ops.cast(spans, "int32")
    is_span = ops.cast(spans[..., :1] >= 0, "float32")  # (batch, spans, 1)
    spans = ops.maximum(spans, 0)
    labels = ops.one_hot(spans[..., 0], num_labels) * is_span  # (batch, spans, labels)
    begins, ends = ops.one_hot(spans[..., 1], length), ops.one_hot(spans[..., 2], length)  # (batch, spans, length)
    left = ops.expand_dims(labels, 3) * ops.expand_dims(begins, 2)  # (batch, spans, labels, length)
    left = ops.reshape(left, (-1, ops.shape(spans)[1], num_labels * length))
    found = ops.matmul(ops.swapaxes(left, 1, 2), ends)  # (batch, labels * length, length)
    return ops.minimum(ops.reshape(found, (-1, num_labels, length, length)), 1.0)
