"""The share of tokens that are rightly told to be real or replaced."""

import keras

from bert_keras.training.losses.replaced_token_loss import scores_of_two
from bert_keras.training.metrics.classification_metrics import ClassAccuracy
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class ReplacedTokenAccuracy(ClassAccuracy):
    """Share of the tokens whose logit is above 0 where they were replaced, and not above 0 where they are real.

    Most tokens are real: saying so of all of them is right for nine of ten where a tenth is replaced.

    Args:
        name: name of the metric. Default "accuracy".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch, length) int tensor of 0 and 1, -100 where nothing is asked.
        y_pred: (batch, length) float tensor of logits.
        sample_weight: (batch, length) float tensor or None.

    Output:
        float32 scalar from 0 to 1.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import ReplacedTokenAccuracy
        >>> float(ReplacedTokenAccuracy()(np.array([[1, 0, -100]]), np.array([[2.0, 1.0, 1.0]])))
        0.5
    """

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        return super().update_state(y_true, scores_of_two(y_pred), sample_weight)
