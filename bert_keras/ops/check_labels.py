"""Targets that a model has no output for, refused by name; and -100, which the field writes where there is no label.

What a loss does with such a label differs by backend and compiler: an error that names nothing, NaN, the loss of class
0, or of another class counted from the end.
"""

import keras
from keras import ops

from bert_keras.ops.refusal import refuse

NO_LABEL = -100  # PyTorch's `ignore_index`, which data sets and collators have taken over
_NAN = float("nan")


def check_labels(labels, scores, sample_weight=None, *, name="labels"):
    """Refuse numbers of classes that the scores have no place for, and take the weight from where there is no label.

    A label counts where it is not -100 and its weight is not 0; others may be anything. Where no error can be raised
    (see `bert_keras.ops.refusal.refuse`) the weight of a wrong label is NaN, and so are the losses and metrics that
    take it.

    Args:
        labels: (...) or (..., 1) tensor of whole numbers.
        scores: (..., classes) tensor.
        sample_weight: tensor of the labels' shape, or (batch,), or None for 1 everywhere.
        name: what the labels are, for the message.

    Returns:
        labels, (...) int32, 0 where none counts; and weights, (...) float32, 0 there.

    Raises:
        ValueError: for labels of another shape, and for wrong ones where they can be seen; in a compiled TensorFlow
            step it is TensorFlow's InvalidArgumentError with the same text.

    Example:
        >>> import keras
        >>> labels, weights = check_labels(keras.ops.array([2, -100]), keras.ops.zeros((2, 3)))
        >>> labels.__array__().tolist(), weights.__array__().tolist()
        ([2, 0], [1.0, 0.0])
        >>> check_labels(keras.ops.array([2, 3]), keras.ops.zeros((2, 3)))
        Traceback (most recent call last):
        ValueError: labels must be from 0 to 2, or -100 where there is none; received 2 to 3.
    """
    labels, scores = ops.convert_to_tensor(labels), ops.convert_to_tensor(scores)
    labels = _without_last_axis(labels, len(scores.shape) - 1)
    if len(labels.shape) != len(scores.shape) - 1:
        raise ValueError(
            f"{name} must be numbers of classes in the shape {tuple(scores.shape[:-1])}, one for each row of scores; "
            f"received the shape {tuple(labels.shape)}."
        )
    num_classes = ops.shape(scores)[-1]
    numbers = ops.cast(labels, "int32")
    weights = ops.cast(ops.not_equal(numbers, NO_LABEL), "float32") * _weights(sample_weight, numbers)
    counts = ops.not_equal(weights, 0)
    is_wrong = ops.logical_or(numbers < 0, numbers >= num_classes)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
        is_wrong = ops.logical_or(is_wrong, ops.not_equal(ops.cast(numbers, labels.dtype), labels))
    highest = num_classes - 1 if isinstance(num_classes, int) else "the last position of the row"
    message = f"{name} must be from 0 to {highest}, or {NO_LABEL} where there is none; received {{}} to {{}}."
    weights = _refused(labels, ops.logical_and(is_wrong, counts), message, weights)
    return ops.where(ops.logical_or(is_wrong, ops.logical_not(counts)), 0, numbers), weights


def check_numbers(values, sample_weight=None, *, smallest=None, largest=None, name="labels"):
    """Refuse targets that are not finite, or not between two bounds, in rows that count.

    Args:
        values: (batch,) or (batch, ...) tensor.
        sample_weight: (batch,) or (batch, 1) tensor, or None for 1 everywhere.
        smallest: the lowest value, None for no bound.
        largest: the highest value, None for no bound.
        name: what the values are, for the message.

    Returns:
        values, 0 in rows that do not count, and (batch,) float32 weights; where no error can be raised, the weight of
        a row with a wrong value is NaN.

    Raises:
        ValueError: as for `check_labels`.

    Example:
        >>> import keras
        >>> check_numbers(keras.ops.array([[0.0, 2.0]]), smallest=0, largest=1)
        Traceback (most recent call last):
        ValueError: labels must be numbers from 0 to 1; received 0.0 to 2.0.
    """
    values = ops.cast(values, "float32")
    rows = values[(..., *[0] * (len(values.shape) - 1))]
    weights = _weights(_without_last_axis(sample_weight, 1), rows)
    is_wrong = ops.logical_not(ops.isfinite(values))
    message = f"{name} must be numbers" if smallest is not None else f"{name} must be finite numbers"
    if smallest is not None:
        is_wrong = ops.logical_or(is_wrong, ops.logical_or(values < smallest, values > largest))
        message += f" from {smallest} to {largest}"
    counts = ops.not_equal(weights, 0)
    each = ops.reshape(counts, (-1, *[1] * (len(values.shape) - 1)))
    row_is_wrong = ops.any(is_wrong, axis=tuple(range(1, len(values.shape)))) if len(values.shape) > 1 else is_wrong
    weights = _refused(values, ops.logical_and(row_is_wrong, counts), f"{message}; received {{}} to {{}}.", weights)
    return ops.where(ops.logical_or(is_wrong, ops.logical_not(each)), 0.0, values), weights


def check_spans(spans, scores, sample_weight=None, *, name="spans"):
    """Refuse spans whose label or positions the scores have no place for.

    Args:
        spans: (batch, spans, 3) tensor of label, begin and end; a label of -1 or -100 is none.
        scores: (batch, num_labels, length, length) tensor.
        sample_weight: (batch,) or (batch, 1) tensor, or None for 1 everywhere.
        name: what the spans are, for the message.

    Returns:
        spans, int32, with the label -1 where none counts, and (batch,) float32 weights; where no error can be raised,
        the weight of a row with a wrong span is NaN.

    Raises:
        ValueError: as for `check_labels`.

    Example:
        >>> import keras
        >>> check_spans(keras.ops.array([[[0, 1, 5]]]), keras.ops.zeros((1, 2, 4, 4)))
        Traceback (most recent call last):
        ValueError: spans must have labels from 0 to 1, or -1 where there is none, and positions from 0 to 3; ...
    """
    spans, scores = ops.cast(spans, "int32"), ops.convert_to_tensor(scores)
    if len(spans.shape) != 3 or spans.shape[-1] != 3:
        raise ValueError(
            f"{name} must be (batch, spans, 3), the label, begin and end of each; received the shape "
            f"{tuple(spans.shape)}."
        )
    num_labels, length = ops.shape(scores)[1], ops.shape(scores)[-1]
    labels, positions = spans[..., 0], spans[..., 1:]
    weights = _weights(_without_last_axis(sample_weight, 1), scores[:, 0, 0, 0])
    counts = ops.expand_dims(ops.not_equal(weights, 0), 1)
    is_none = ops.logical_or(ops.equal(labels, -1), ops.equal(labels, NO_LABEL))
    is_outside = ops.any(ops.logical_or(positions < 0, positions >= length), axis=-1)
    is_wrong = ops.logical_or(ops.logical_or(labels < 0, labels >= num_labels), is_outside)
    is_wrong = ops.logical_and(ops.logical_and(is_wrong, ops.logical_not(is_none)), counts)  # (batch, spans)
    last = length - 1 if isinstance(length, int) else "the last one of the row"
    message = (
        f"{name} must have labels from 0 to {num_labels - 1}, or -1 where there is none, and positions from 0 to "
        f"{last}; received numbers from {{}} to {{}}."
    )
    weights = _refused(spans, ops.any(is_wrong, axis=1), message, weights)
    is_left_out = ops.logical_or(ops.logical_or(is_none, is_wrong), ops.logical_not(counts))
    return ops.where(ops.expand_dims(is_left_out, -1), ops.array([-1, 0, 0], "int32"), spans), weights


def counted(weights):
    """Turn weights into 1 where they count and 0 where they do not; what is NaN stays it.

    Args:
        weights: float tensor.

    Returns:
        float32 tensor of the same shape.
    """
    return ops.where(ops.isnan(weights), _NAN, ops.cast(ops.not_equal(weights, 0), "float32"))


def _refused(values, is_wrong, message, weights):
    """Raise where that can be done, and make the weight NaN where it cannot."""
    weights = refuse(values, is_wrong, message, then=weights)
    return ops.where(is_wrong, _NAN, weights)


def _weights(sample_weight, like):
    """Weights of the shape of the labels; one a row is each of its labels'."""
    ones = ops.ones_like(like, dtype="float32")
    if sample_weight is None:
        return ones
    sample_weight = _without_last_axis(ops.cast(sample_weight, "float32"), len(like.shape))
    missing = len(like.shape) - len(sample_weight.shape)
    return ops.reshape(sample_weight, (*ops.shape(sample_weight), *[1] * missing)) * ones if missing else sample_weight


def _without_last_axis(values, rank):
    if values is not None and len(values.shape) == rank + 1 and values.shape[-1] == 1:
        return ops.squeeze(values, -1)
    return values
