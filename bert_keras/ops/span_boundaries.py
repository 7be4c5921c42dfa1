"""Where masked spans begin and end: the tokens beside each, which SpanBERT guesses its tokens from."""

from keras import ops

from bert_keras.types import Tensor


def span_boundaries(mask_positions: Tensor, length: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the two tokens beside the span of each masked token, and which token of its span it is.

    A span is what is masked without a gap, so that neither token beside it is masked.

    Args:
        mask_positions: (batch, predictions) int tensor, ascending in each row; 0 in the unused slots behind.
        length: of the rows, one number or (batch, 1).

    Returns:
        (batch, predictions) tensors like `mask_positions`: positions of the token before the span and of the one behind
        it, the nearest of the row where it has none there; and numbers of the tokens in their spans, from 0. Of unused
        slots they are positions and numbers, too, which mean nothing.

    Example:
        >>> import keras
        >>> before, behind, numbers = span_boundaries(keras.ops.array([[2, 3, 7, 0]]), length=9)
        >>> for some in (before, behind, numbers):
        ...     print(keras.ops.convert_to_numpy(some)[0, :3])
        [1 1 6]
        [4 4 8]
        [0 1 0]
    """
    slots = ops.cumsum(ops.ones_like(mask_positions), axis=1) - 1
    spans = mask_positions - slots  # equal within a span alone; below 0 in unused slots, another number in each
    is_same = ops.equal(ops.expand_dims(spans, 2), ops.expand_dims(spans, 1))  # (batch, predictions, predictions)
    is_earlier = ops.less(ops.expand_dims(slots, 1), ops.expand_dims(slots, 2))
    numbers = ops.sum(ops.cast(ops.logical_and(is_same, is_earlier), mask_positions.dtype), axis=2)
    sizes = ops.sum(ops.cast(is_same, mask_positions.dtype), axis=2)
    first = mask_positions - numbers
    return ops.maximum(first - 1, 0), ops.minimum(first + sizes, length - 1), numbers
