"""Targets that a model has no output for, refused by name; and -100, which the field writes where there is no label.

What a loss does with such a label differs by backend and compiler: an error that names nothing, NaN, the loss of class
0, or of another class counted from the end.
"""

import keras
from keras import ops

from bert_keras.ops.refusal import refuse
from bert_keras.types import Tensor

NO_LABEL = -100  # PyTorch's `ignore_index`, which data sets and collators have taken over
_NAN = float("nan")
_SUM_TOLERANCE = 1e-3  # of probabilities that add up to 1


def check_labels(
    labels: Tensor, scores: Tensor, sample_weight: Tensor | None = None, *, name: str = "labels"
) -> tuple[Tensor, Tensor]:
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
    labels, scores = _as_numbers(labels), ops.convert_to_tensor(scores)
    labels = _without_last_axis(labels, len(scores.shape) - 1)
    if not _has_shape(labels, scores.shape[:-1]):
        advice = (
            ' Rows of 0 and one 1 are for loss="categorical_crossentropy"; argmax(axis=-1) makes numbers of them.'
            if _has_shape(labels, scores.shape)
            else ""
        )
        raise ValueError(
            f"{name} must be numbers of classes in the shape {_shown(scores.shape[:-1])}, one for each row of scores; "
            f"received the shape {_shown(labels.shape)}.{advice}"
        )
    num_classes = ops.shape(scores)[-1]
    numbers, is_other = _as_int32(labels)
    is_label = ops.logical_or(ops.not_equal(numbers, NO_LABEL), is_other)
    weights = ops.cast(is_label, "float32") * _weights(sample_weight, numbers, name)
    counts = ops.not_equal(weights, 0)
    is_wrong = ops.logical_or(ops.logical_or(numbers < 0, numbers >= num_classes), is_other)
    highest = num_classes - 1 if isinstance(num_classes, int) else "the last position of the row"
    message = f"{name} must be from 0 to {highest}, or {NO_LABEL} where there is none; received {{}} to {{}}."
    weights = _refused(labels, ops.logical_and(is_wrong, counts), message, weights)
    return ops.where(ops.logical_or(is_wrong, ops.logical_not(counts)), 0, numbers), weights


def check_distributions(
    targets: Tensor, scores: Tensor, sample_weight: Tensor | None = None, *, name: str = "labels"
) -> tuple[Tensor, Tensor]:
    """Refuse classes given as rows of probabilities that are none, and take the weight from where there is no label.

    Args:
        targets: (..., classes) tensor, each row 0 and one 1, or other probabilities; all -100 where there is none.
        scores: (..., classes) tensor.
        sample_weight: (...) tensor, or (batch,), or None for 1 everywhere.
        name: what the targets are, for the message.

    Returns:
        targets, (..., classes) float32, 0 where none counts; and weights, (...) float32, 0 there.

    Raises:
        ValueError: as for `check_labels`; a row that counts must have no negative number, and the sum 1 within 0.001.

    Example:
        >>> import keras
        >>> check_distributions(keras.ops.array([[1, 1, 0]]), keras.ops.zeros((1, 3)))
        Traceback (most recent call last):
        ValueError: labels must be rows of probabilities, whose sum is 1; received sums from 2.0 to 2.0.
    """
    targets, scores = ops.cast(targets, "float32"), ops.convert_to_tensor(scores)
    if not _has_shape(targets, scores.shape):
        raise ValueError(
            f"{name} must be rows of probabilities, as 0 and one 1, in the shape {_shown(scores.shape)}; received the "
            f'shape {_shown(targets.shape)}. Numbers of classes are for loss="sparse_categorical_crossentropy".'
        )
    is_none = ops.all(ops.equal(targets, NO_LABEL), axis=-1)
    weights = _weights(sample_weight, is_none, name) * ops.cast(ops.logical_not(is_none), "float32")
    counts = ops.not_equal(weights, 0)
    sums = ops.where(counts, ops.sum(targets, axis=-1), 1.0)
    is_wrong = ops.logical_and(ops.any(ops.logical_not(targets >= 0), axis=-1), counts)
    message = f"{name} must be rows of probabilities, from 0 to 1, or of {NO_LABEL} where there is none; "
    weights = _refused(targets, is_wrong, message + "received {} to {}.", weights)
    is_off = ops.logical_not(ops.absolute(sums - 1) <= _SUM_TOLERANCE)
    message = f"{name} must be rows of probabilities, whose sum is 1; received sums from {{}} to {{}}."
    weights = _refused(sums, is_off, message, weights)
    is_left_out = ops.logical_or(ops.logical_or(is_wrong, is_off), ops.logical_not(counts))
    return ops.where(ops.expand_dims(is_left_out, -1), 0.0, targets), weights


def check_numbers(
    values: Tensor,
    sample_weight: Tensor | None = None,
    *,
    scores: Tensor | None = None,
    smallest: float | None = None,
    largest: float | None = None,
    name: str = "labels",
) -> tuple[Tensor, Tensor]:
    """Refuse targets that are not finite, or not between two bounds, in rows that count.

    Args:
        values: (batch,) or (batch, ...) tensor.
        sample_weight: (batch,) or (batch, 1) tensor, or None for 1 everywhere.
        scores: tensor of the shape that the values must have, None for any; a last axis of 1 may be left out.
        smallest: the lowest value, None for no bound.
        largest: the highest value, None for no bound.
        name: what the values are, for the message.

    Returns:
        values, in the shape of the scores, 0 in rows that do not count, and (batch,) float32 weights; where no error
        can be raised, the weight of a row with a wrong value is NaN.

    Raises:
        ValueError: as for `check_labels`.

    Example:
        >>> import keras
        >>> check_numbers(keras.ops.array([[0.0, 2.0]]), smallest=0, largest=1)
        Traceback (most recent call last):
        ValueError: labels must be numbers from 0 to 1; received 0.0 to 2.0.
    """
    values = ops.cast(values, "float32")
    values = values if scores is None else _shaped_like(values, ops.convert_to_tensor(scores), name)
    rows = values[(..., *[0] * (len(values.shape) - 1))]
    weights = _weights(_without_last_axis(sample_weight, 1), rows, name)
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


def check_spans(
    spans: Tensor, scores: Tensor, sample_weight: Tensor | None = None, *, name: str = "spans"
) -> tuple[Tensor, Tensor]:
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
    (spans, is_other), scores = _as_int32(_as_numbers(spans)), ops.convert_to_tensor(scores)
    if len(spans.shape) != 3 or spans.shape[-1] != 3:
        raise ValueError(
            f"{name} must be (batch, spans, 3), the label, begin and end of each; received the shape "
            f"{_shown(spans.shape)}."
        )
    num_labels, length = ops.shape(scores)[1], ops.shape(scores)[-1]
    labels, positions = spans[..., 0], spans[..., 1:]
    weights = _weights(_without_last_axis(sample_weight, 1), scores[:, 0, 0, 0], name)
    counts = ops.expand_dims(ops.not_equal(weights, 0), 1)
    is_none = ops.logical_or(ops.equal(labels, -1), ops.equal(labels, NO_LABEL))
    is_outside = ops.any(ops.logical_or(positions < 0, positions >= length), axis=-1)
    is_wrong = ops.logical_or(ops.logical_or(labels < 0, labels >= num_labels), is_outside)
    is_wrong = ops.logical_and(is_wrong, ops.logical_not(is_none))
    is_wrong = ops.logical_and(ops.logical_or(is_wrong, ops.any(is_other, axis=-1)), counts)  # (batch, spans)
    last = length - 1 if isinstance(length, int) else "the last one of the row"
    message = (
        f"{name} must have labels from 0 to {num_labels - 1}, or -1 where there is none, and positions from 0 to "
        f"{last}; received numbers from {{}} to {{}}."
    )
    weights = _refused(spans, ops.any(is_wrong, axis=1), message, weights)
    is_left_out = ops.logical_or(ops.logical_or(is_none, is_wrong), ops.logical_not(counts))
    return ops.where(ops.expand_dims(is_left_out, -1), ops.array([-1, 0, 0], "int32"), spans), weights


def counted(weights: Tensor) -> Tensor:
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


def _weights(sample_weight, like, name):
    """Weights of the shape of the labels, none negative; one a row is each of its labels'."""
    ones = ops.ones_like(like, dtype="float32")
    if sample_weight is None:
        return ones
    weights = _without_last_axis(ops.cast(sample_weight, "float32"), len(like.shape))
    missing = len(like.shape) - len(weights.shape)
    if missing < 0 or not _has_shape(weights, like.shape[: len(weights.shape)], may_be_1=True):
        raise ValueError(
            f"sample_weight of {name} must have the shape {_shown(like.shape)}, or {_shown(like.shape[:1])} for one a "
            f"row; received the shape {_shown(weights.shape)}."
        )
    weights = ops.reshape(weights, (*ops.shape(weights), *[1] * missing)) * ones
    message = f"sample_weight of {name} must not be negative; received {{}} to {{}}."
    return _refused(weights, weights < 0, message, weights)


def _as_numbers(values):
    """Return the values as a tensor, booleans as 0 and 1: of those no backend tells the smallest, for the message."""
    values = ops.convert_to_tensor(values)
    return ops.cast(values, "int32") if keras.backend.standardize_dtype(values.dtype) == "bool" else values


def _as_int32(values):
    """Return the numbers as int32, and where they are others then: parts of one, or too large."""
    numbers = ops.cast(values, "int32")
    return numbers, ops.not_equal(ops.cast(numbers, values.dtype), values)


def _shaped_like(values, scores, name):
    """Return the values, with the last axis of the scores where that is 1."""
    rank, received = len(scores.shape), values.shape
    values = _without_last_axis(values, rank)
    if len(values.shape) == rank - 1 and scores.shape[-1] == 1:
        values = ops.expand_dims(values, -1)
    if not _has_shape(values, scores.shape):
        raise ValueError(
            f"{name} must have the shape {_shown(scores.shape)}, one for each of the model's outputs; received the "
            f"shape {_shown(received)}."
        )
    return values


def _has_shape(values, shape, *, may_be_1=False):
    """Whether values have a shape, as far as it is known; with `may_be_1`, axes behind the first may be 1 instead."""
    if len(values.shape) != len(shape):
        return False
    return all(
        None in (size, expected) or size == expected or (may_be_1 and axis > 0 and size == 1)
        for axis, (size, expected) in enumerate(zip(values.shape, shape, strict=True))
    )


def _shown(shape):
    """Return a shape for a message, in which a size that is not known yet is its axis' name."""
    shown = [("batch" if axis == 0 else "length") if size is None else str(size) for axis, size in enumerate(shape)]
    return f"({', '.join(shown)}{',' if len(shown) == 1 else ''})"


def _without_last_axis(values, rank):
    if values is not None and len(values.shape) == rank + 1 and values.shape[-1] == 1:
        return ops.squeeze(values, -1)
    return values
