"""The losses of a classifier: of one class, of several labels, of a number."""

from typing import Any

import keras

from bert_keras.ops.check_labels import check_labels, check_numbers
from bert_keras.types import DType, Tensor

_MEAN = "mean_with_sample_weight"


@keras.saving.register_keras_serializable(package="bert_keras")
class ClassLoss(keras.losses.SparseCategoricalCrossentropy):
    """Cross-entropy of classes, given their logits, averaged over the rows that have weight and a label.

    Args:
        reduction: as in `keras.losses.Loss`. Default "mean_with_sample_weight", the mean over what has weight.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: (...) int tensor of classes, -100 where there is none.
        y_pred: (..., classes) float tensor of logits.
        sample_weight: (...) float tensor or None.

    Output:
        float32 scalar tensor, nats.

    Raises:
        ValueError: for a number that is no class, in a row that counts; where nothing can be raised (see
            `bert_keras.ops.refusal.refuse`) the loss is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training.losses.class_losses import ClassLoss
        >>> round(float(ClassLoss()(np.array([1, -100]), np.array([[0.0, 0.0], [9.0, 0.0]]))), 4)
        0.6931
    """

    leaves_out_no_label = True

    def __init__(self, *, reduction: str = _MEAN, name: str = "class_loss", dtype: DType | None = None):
        super().__init__(from_logits=True, reduction=reduction, name=name, dtype=dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        labels, weights = check_labels(y_true, y_pred, sample_weight, name=f"labels of {self.name}")
        return super().__call__(labels, y_pred, weights)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}


@keras.saving.register_keras_serializable(package="bert_keras")
class LabelsLoss(keras.losses.BinaryCrossentropy):
    """Cross-entropy of each label on its own, given their logits, averaged over the rows that have weight.

    Args:
        label_smoothing: share of the target that goes to both answers alike. Default 0.
        reduction: as in `keras.losses.Loss`. Default "mean_with_sample_weight", the mean over what has weight.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: (batch, labels) tensor of numbers from 0 to 1.
        y_pred: (batch, labels) float tensor of logits.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor, nats a label.

    Raises:
        ValueError: for other numbers, in a row that counts; where nothing can be raised the loss is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training.losses.class_losses import LabelsLoss
        >>> round(float(LabelsLoss()(np.array([[1, 0]]), np.array([[0.0, 0.0]]))), 4)
        0.6931
    """

    def __init__(
        self,
        *,
        label_smoothing: float = 0.0,
        reduction: str = _MEAN,
        name: str = "labels_loss",
        dtype: DType | None = None,
    ):
        super().__init__(from_logits=True, label_smoothing=label_smoothing, reduction=reduction, name=name, dtype=dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        y_true, sample_weight = check_numbers(
            y_true, sample_weight, scores=y_pred, smallest=0, largest=1, name=f"labels of {self.name}"
        )
        return super().__call__(y_true, y_pred, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction, "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="bert_keras")
class NumberLoss(keras.losses.MeanSquaredError):
    """Squared error of a number, averaged over the rows that have weight.

    Args:
        reduction: as in `keras.losses.Loss`. Default "mean_with_sample_weight", the mean over what has weight.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Call arguments:
        y_true: (batch,) or (batch, 1) float tensor.
        y_pred: (batch, 1) float tensor.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: for a number that is not finite, in a row that counts; where nothing can be raised the loss is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training.losses.class_losses import NumberLoss
        >>> float(NumberLoss()(np.array([1.0, np.nan]), np.array([[3.0], [0.0]]), np.array([1.0, 0.0])))
        4.0
    """

    def __init__(self, *, reduction: str = _MEAN, name: str = "number_loss", dtype: DType | None = None):
        super().__init__(reduction=reduction, name=name, dtype=dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        y_true, sample_weight = check_numbers(y_true, sample_weight, scores=y_pred, name=f"labels of {self.name}")
        return super().__call__(y_true, y_pred, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}
