"""The loss of spans that are scored pair by pair of positions."""

from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import check_spans
from bert_keras.ops.span_targets import span_targets
from bert_keras.types import Tensor

_FAR = 1e7


@keras.saving.register_keras_serializable(package="bert_keras")
class SpanLoss(keras.losses.Loss):
    """Pushes the scores of spans above 0 and all others below it, however few spans there are among all pairs.

    For each label `log(1 + sum of exp(-score) over spans) + log(1 + sum of exp(score) over all other pairs)`, summed
    over the labels. Divided by the sum of the rows' weights.

    Args:
        reduction: see `keras.losses.Loss`. Default "mean_with_sample_weight".
        name: name of the loss.
        **kwargs: arguments of `keras.losses.Loss`.

    Call arguments:
        y_true: (batch, spans, 3) integer tensor of label, begin and end; a label of -1, or -100, is none.
        y_pred: (batch, num_labels, length, length) scores, as `bert_keras.layers.GlobalPointer` gives.
        sample_weight: (batch,) float tensor or None.

    Raises:
        ValueError: for a label or a position that the scores have no place for, in a row that counts; where nothing
            can be raised (see `bert_keras.ops.refusal.refuse`) the loss is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import SpanLoss
        >>> scores = np.full((1, 2, 3, 3), -9.0, "float32")
        >>> scores[0, 1, 0, 2] = 9
        >>> round(float(SpanLoss()(np.array([[[1, 0, 2], [-1, 0, 0]]]), scores)), 3)
        0.002

    Reference:
        [Su et al., 2022](https://arxiv.org/abs/2208.02955), formula 3; https://kexue.fm/archives/7359
    """

    def __init__(self, *, reduction: str = "mean_with_sample_weight", name: str = "span_loss", **kwargs: Any):
        super().__init__(name=name, reduction=reduction, **kwargs)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        y_true, sample_weight = check_spans(y_true, y_pred, sample_weight, name=f"spans of {self.name}")
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        num_labels, length = y_pred.shape[1], ops.shape(y_pred)[-1]
        scores = ops.reshape(ops.cast(y_pred, "float32"), (-1, num_labels, length * length))
        targets = ops.reshape(span_targets(y_true, num_labels, length), (-1, num_labels, length * length))
        # logsumexp with a 0 beside the scores
        outside, inside = scores - _FAR * targets, -scores - _FAR * (1 - targets)
        losses = (ops.logaddexp(ops.logsumexp(part, axis=-1), 0.0) for part in (outside, inside))
        return ops.sum(sum(losses), axis=-1)  # (batch,)
