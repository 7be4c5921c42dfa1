"""The loss of masked language modelling."""

from typing import Any

import keras

from bert_keras.ops.check_labels import check_labels
from bert_keras.ops.sparse_cross_entropy import sparse_cross_entropy
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MaskedLMLoss(keras.losses.Loss):
    """Cross-entropy of the guessed tokens, averaged over the real predictions of the batch.

    A row has a fixed number of prediction slots; unused ones have weight 0, or the label -100. The sum is divided by
    the sum of the weights, so the number of unused slots changes neither the loss nor the length of the step. A batch
    without any real prediction has loss 0.

    Args:
        reduction: as in `keras.losses.Loss`. Default "mean_with_sample_weight", the mean described above.
        name: name of the loss.
        **kwargs: arguments of `keras.losses.Loss`.

    Call arguments:
        y_true: (batch, predictions) int tensor of the original token ids.
        y_pred: (batch, predictions, vocabulary_size) float tensor of logits; the loss is computed in float32.
        sample_weight: (batch, predictions) float tensor, 0 in unused slots.

    Output:
        float32 scalar tensor, nats a prediction.

    Raises:
        ValueError: for a label that is no token, in a slot that counts; where nothing can be raised (see
            `bert_keras.ops.refusal.refuse`) the loss is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import MaskedLMLoss
        >>> labels, logits = np.array([[3, 0]]), np.zeros((1, 2, 4), "float32")
        >>> loss = MaskedLMLoss()(labels, logits, sample_weight=np.array([[1.0, 0.0]], "float32"))
        >>> round(float(loss), 4) == round(float(np.log(4)), 4)
        True

    Reference:
        `get_masked_lm_output` of https://github.com/google-research/bert/blob/master/run_pretraining.py
    """

    leaves_out_no_label = True

    def __init__(self, *, reduction: str = "mean_with_sample_weight", name: str = "masked_lm_loss", **kwargs: Any):
        super().__init__(name=name, reduction=reduction, **kwargs)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        labels, weights = check_labels(y_true, y_pred, sample_weight, name=f"labels of {self.name}")
        return super().__call__(labels, y_pred, weights)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return sparse_cross_entropy(y_true, y_pred)  # (batch, predictions)
