"""F1 and Matthews correlation of classes, and F1 of several labels at once, from counts over a whole epoch."""

from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import check_labels, check_numbers
from bert_keras.types import DType, Tensor


def expect_num_classes(num_classes: Any) -> None:
    """Refuse a number of classes that is none, as metrics that count each class apart need it.

    Args:
        num_classes: number of classes or labels.

    Raises:
        ValueError: where it is not an int above 0.
    """
    if not isinstance(num_classes, int) or num_classes < 1:
        raise ValueError(f"Expected num_classes, the number of the model's classes, received: {num_classes!r}.")


class _ConfusionMetric(keras.metrics.Metric):
    """Counts which class was taken for which; a subclass makes a number of the counts."""

    def __init__(self, num_classes, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        expect_num_classes(num_classes)
        self.num_classes = num_classes
        self.confusions = self.add_variable((num_classes, num_classes), initializer="zeros", name="confusions")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, weights = check_labels(y_true, y_pred, sample_weight, name=f"labels of {self.name}")
        y_true = ops.one_hot(ops.reshape(y_true, (-1,)), self.num_classes, dtype="float32")  # (batch, classes)
        y_true *= ops.reshape(weights, (-1, 1))
        y_pred = ops.reshape(ops.argmax(y_pred, axis=-1), (-1,))
        y_pred = ops.one_hot(y_pred, self.num_classes, dtype="float32")  # (batch, classes)
        self.confusions.assign_add(ops.matmul(ops.transpose(y_true), y_pred))  # (classes, classes): true, predicted

    def get_config(self):
        return super().get_config() | {"num_classes": self.num_classes}


@keras.saving.register_keras_serializable(package="bert_keras")
class ClassF1(_ConfusionMetric):
    """F1 of one class, or the mean of the F1 of all classes.

    Args:
        num_classes: number of classes.
        average: "binary" for the F1 of class 1 of two, as in MRPC and QQP; "macro" for the mean over the classes that
            occur, in the labels or in the predictions. Default "binary" of two classes, "macro" of more.
        name: name of the metric. Default "f1".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch,) int tensor of classes, -100 where there is none.
        y_pred: (batch, num_classes) float tensor, logits or probabilities.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar from 0 to 1, 0 where nothing was predicted right; as `sklearn.metrics.f1_score`.

    Raises:
        ValueError: for another `average`, or "binary" of other than two classes.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import ClassF1
        >>> round(float(ClassF1(2)(np.array([0, 1, 1]), np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]))), 4)
        0.8
    """

    def __init__(self, num_classes: int, average: str | None = None, name: str = "f1", dtype: DType | None = None):
        super().__init__(num_classes, name=name, dtype=dtype)
        average = average or ("binary" if num_classes == 2 else "macro")
        if average not in ("binary", "macro") or (average == "binary" and num_classes != 2):
            raise ValueError(
                f'Expected average "macro", or "binary" of 2 classes; received {average!r} of {num_classes}.'
            )
        self.average = average

    def result(self) -> Tensor:
        counts = ops.convert_to_tensor(self.confusions)
        right, occurrences = ops.diagonal(counts), ops.sum(counts, axis=0) + ops.sum(counts, axis=1)  # (classes,)
        f1 = 2.0 * right / ops.maximum(occurrences, 1e-12)
        if self.average == "binary":
            return f1[1]
        occurs = ops.cast(occurrences > 0, "float32")
        return ops.sum(f1 * occurs) / ops.maximum(ops.sum(occurs), 1.0)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"average": self.average}


@keras.saving.register_keras_serializable(package="bert_keras")
class MatthewsCorrelation(_ConfusionMetric):
    """The correlation of labels and predictions, between -1 and 1, the metric of CoLA; for any number of classes.

    Args:
        num_classes: number of classes.
        name: name of the metric. Default "matthews".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch,) int tensor of classes, -100 where there is none.
        y_pred: (batch, num_classes) float tensor, logits or probabilities.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar, 0 where only one class was predicted; as `sklearn.metrics.matthews_corrcoef`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import MatthewsCorrelation
        >>> float(MatthewsCorrelation(2)(np.array([0, 1]), np.array([[2.0, 1.0], [0.0, 1.0]])))
        1.0

    Reference:
        Gorodkin, 2004, https://doi.org/10.1016/j.compbiolchem.2004.09.006
    """

    def __init__(self, num_classes: int, name: str = "matthews", dtype: DType | None = None):
        super().__init__(num_classes, name=name, dtype=dtype)

    def result(self) -> Tensor:
        counts = ops.convert_to_tensor(self.confusions)
        shares = counts / ops.maximum(ops.sum(counts), 1e-12)  # products of counts would leave float32's whole numbers
        true, predicted = ops.sum(shares, axis=1), ops.sum(shares, axis=0)  # (classes,)
        covariance = ops.trace(shares) - ops.sum(true * predicted)
        variances = (1.0 - ops.sum(ops.square(true))) * (1.0 - ops.sum(ops.square(predicted)))
        most = ops.maximum(ops.max(ops.sum(counts, axis=1)), ops.max(ops.sum(counts, axis=0)))
        is_constant = most >= (1.0 - 1e-6) * ops.sum(counts)  # but for what float32 rounds
        return ops.where(is_constant, 0.0, covariance / ops.sqrt(ops.maximum(variances, 1e-12)))


@keras.saving.register_keras_serializable(package="bert_keras")
class MultiLabelF1(keras.metrics.Metric):
    """F1 of labels of which a text may have any number.

    Args:
        num_classes: number of labels.
        average: "micro" counts over all labels together; "macro" is the mean of each label's F1. Default "micro".
        threshold: probability from which on a label is given. Default 0.5.
        name: name of the metric. Default "f1".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch, num_classes) tensor of 0 and 1.
        y_pred: (batch, num_classes) float tensor of logits.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar from 0 to 1; as `sklearn.metrics.f1_score`.

    Raises:
        ValueError: for another `average`, or a threshold that is not between 0 and 1.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import MultiLabelF1
        >>> metric = MultiLabelF1(2)
        >>> round(float(metric(np.array([[1, 1], [0, 1]]), np.array([[3.0, -2.0], [-1.0, 4.0]]))), 4)
        0.8
    """

    def __init__(
        self,
        num_classes: int,
        average: str = "micro",
        threshold: float = 0.5,
        name: str = "f1",
        dtype: DType | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        expect_num_classes(num_classes)
        if average not in ("micro", "macro"):
            raise ValueError(f'Expected average "micro" or "macro", received {average!r}.')
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"Expected a threshold between 0 and 1, received {threshold}.")
        self.num_classes = num_classes
        self.average = average
        self.threshold = threshold
        self.right = self.add_variable((num_classes,), initializer="zeros", name="right")
        self.occurrences = self.add_variable((num_classes,), initializer="zeros", name="occurrences")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, weights = check_numbers(
            y_true, sample_weight, scores=y_pred, smallest=0, largest=1, name=f"labels of {self.name}"
        )
        given = ops.cast(ops.sigmoid(ops.cast(y_pred, "float32")) >= self.threshold, "float32")
        weight = ops.expand_dims(weights, 1)
        self.right.assign_add(ops.sum(y_true * given * weight, axis=0))
        self.occurrences.assign_add(ops.sum((y_true + given) * weight, axis=0))

    def result(self) -> Tensor:
        right, occurrences = ops.convert_to_tensor(self.right), ops.convert_to_tensor(self.occurrences)
        if self.average == "micro":
            return 2.0 * ops.sum(right) / ops.maximum(ops.sum(occurrences), 1e-12)
        return ops.mean(2.0 * right / ops.maximum(occurrences, 1e-12))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_classes": self.num_classes,
            "average": self.average,
            "threshold": self.threshold,
        }


@keras.saving.register_keras_serializable(package="bert_keras")
class ClassAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of the rows whose class has the highest score, of those that have weight and a label.

    Args:
        name: name of the metric. Default "accuracy".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (...) int tensor of classes, -100 where there is none.
        y_pred: (..., num_classes) float tensor, logits or probabilities.
        sample_weight: (...) float tensor or None.

    Output:
        float32 scalar from 0 to 1.

    Raises:
        ValueError: for a number that is no class, in a row that counts; where nothing can be raised the result is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training.metrics.classification_metrics import ClassAccuracy
        >>> float(ClassAccuracy()(np.array([1, 0, -100]), np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])))
        0.5
    """

    def __init__(self, name: str = "accuracy", dtype: DType | None = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, weights = check_labels(y_true, y_pred, sample_weight, name=f"labels of {self.name}")
        return super().update_state(y_true, y_pred, weights)


@keras.saving.register_keras_serializable(package="bert_keras")
class AllLabelsAccuracy(keras.metrics.MeanMetricWrapper):
    """Share of the texts whose labels are all right, none too few and none too many.

    Args:
        threshold: probability from which on a label is given. Default 0.5.
        name: name of the metric. Default "accuracy".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch, num_classes) tensor of 0 and 1.
        y_pred: (batch, num_classes) float tensor of logits.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar from 0 to 1.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import AllLabelsAccuracy
        >>> float(AllLabelsAccuracy()(np.array([[1, 1], [0, 1]]), np.array([[3.0, -2.0], [-1.0, 4.0]])))
        0.5
    """

    def __init__(self, threshold: float = 0.5, name: str = "accuracy", dtype: DType | None = None):
        def all_right(y_true, y_pred):
            is_given = ops.sigmoid(ops.cast(y_pred, "float32")) >= threshold
            return ops.all(ops.equal(ops.cast(y_true, "bool"), is_given), axis=-1)

        super().__init__(all_right, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, weights = check_numbers(
            y_true, sample_weight, scores=y_pred, smallest=0, largest=1, name=f"labels of {self.name}"
        )
        return super().update_state(y_true, y_pred, weights)

    def get_config(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "name": self.name, "dtype": self.dtype}
