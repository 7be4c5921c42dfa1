"""The F1 of spans that are scored pair by pair of positions."""

from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import check_spans, counted
from bert_keras.ops.span_targets import span_targets
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class SpanF1(keras.metrics.Metric):
    """The micro-averaged F1 of the spans that have a score above 0, over all batches.

    Put it into `weighted_metrics`, so that free rows of a batch do not count.

    Args:
        name: name in the logs.
        **kwargs: arguments of `keras.metrics.Metric`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import SpanF1
        >>> metric, scores = SpanF1(), np.full((1, 2, 3, 3), -1.0)
        >>> scores[0, 1, 0, 2] = scores[0, 0, 1, 1] = 1
        >>> metric.update_state(np.array([[[1, 0, 2]]]), scores)
        >>> round(float(metric.result()), 3)
        0.667
    """

    def __init__(self, *, name: str = "span_f1", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self._counts = self.add_weight(name="counts", shape=(2,), initializer="zeros")  # right, predicted and true

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Count the spans of a batch.

        Args:
            y_true: as for `SpanLoss`.
            y_pred: as for `SpanLoss`.
            sample_weight: (batch,), rows of 0 are left out.
        """
        y_true, weights = check_spans(y_true, y_pred, sample_weight, name=f"spans of {self.name}")
        targets = span_targets(y_true, y_pred.shape[1], ops.shape(y_pred)[-1])
        predicted = ops.cast(y_pred > 0, "float32")
        counts = ops.stack([ops.sum(targets * predicted, axis=(1, 2, 3)), ops.sum(targets + predicted, axis=(1, 2, 3))])
        counts = counts * counted(weights)
        self._counts.assign_add(ops.cast(ops.sum(counts, axis=1), self._counts.dtype))

    def result(self) -> Tensor:
        """Return the F1 over all batches so far, from 0 to 1."""
        return ops.divide_no_nan(2 * self._counts[0], self._counts[1])
