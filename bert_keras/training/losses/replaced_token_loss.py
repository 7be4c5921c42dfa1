"""The loss of telling replaced tokens from real ones."""

from typing import Any

import keras
from keras import ops

from bert_keras.training.losses.class_losses import ClassLoss
from bert_keras.types import DType, Tensor


def scores_of_two(logits: Tensor) -> Tensor:
    """Give the scores of both classes from the logit of one: 0 for the other.

    Args:
        logits: (...) float tensor.

    Returns:
        (..., 2) float32 tensor, whose softmax has the logit's sigmoid behind.

    Example:
        >>> import keras
        >>> from bert_keras.training.losses.replaced_token_loss import scores_of_two
        >>> scores_of_two(keras.ops.array([3.0])).shape == (1, 2)
        True
    """
    logits = ops.cast(logits, "float32")
    return ops.stack([ops.zeros_like(logits), logits], axis=-1)


@keras.saving.register_keras_serializable(package="bert_keras")
class ReplacedTokenLoss(ClassLoss):
    """Cross-entropy of "replaced" at every token, averaged over the tokens that have weight.

    Args:
        reduction: as in `keras.losses.Loss`. Default "mean_with_sample_weight", the mean over what has weight.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: (batch, length) int tensor, 1 where a token was replaced, 0 where it is real, -100 where nothing is
            asked.
        y_pred: (batch, length) float tensor of logits.
        sample_weight: (batch, length) float tensor or None.

    Output:
        float32 scalar tensor, nats a token.

    Raises:
        ValueError: for other numbers, where they count; where nothing can be raised the loss is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import ReplacedTokenLoss
        >>> round(float(ReplacedTokenLoss()(np.array([[1, -100]]), np.array([[0.0, 9.0]]))), 4)
        0.6931

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555), section 2.
    """

    def __init__(
        self,
        *,
        reduction: str = "mean_with_sample_weight",
        name: str = "replaced_token_loss",
        dtype: DType | None = None,
    ):
        super().__init__(reduction=reduction, name=name, dtype=dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Any:
        return super().__call__(y_true, scores_of_two(y_pred), sample_weight)
