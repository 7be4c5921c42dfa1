"""The losses and metrics of a classifier, by what it is asked: one class, several labels, or a number."""

from collections.abc import Sequence

import keras

from bert_keras.training.losses.class_losses import ClassLoss, LabelsLoss, NumberLoss
from bert_keras.training.metrics.classification_metrics import (
    AllLabelsAccuracy,
    ClassAccuracy,
    ClassF1,
    MatthewsCorrelation,
    MultiLabelF1,
)
from bert_keras.training.metrics.correlations import PearsonCorrelation, SpearmanCorrelation
from bert_keras.types import Tensor

PROBLEM_TYPES = ("single_label_classification", "multi_label_classification", "regression")  # transformers' words
_METRICS = {
    "single_label_classification": ("accuracy", "f1", "matthews"),
    "multi_label_classification": ("f1", "macro_f1", "accuracy"),
    "regression": ("pearson", "spearman", "mae"),
}
_NEED_NUM_CLASSES = ("f1", "macro_f1", "matthews")


def classification_loss(
    problem_type: str = "single_label_classification", *, label_smoothing: float = 0.0
) -> keras.losses.Loss:
    """Give `compile(loss=...)` the loss of a `TextClassifier`, averaged over the rows that count.

    The last batch of a length is filled up with rows of weight 0; Keras' default would divide by them as well.

    Args:
        problem_type: "single_label_classification", cross-entropy of classes; "multi_label_classification",
            cross-entropy of each label on its own; "regression", mean squared error.
        label_smoothing: share of the target that goes to all labels alike; of several labels only. Default 0.

    Returns:
        `keras.losses.Loss`.

    Raises:
        ValueError: for another problem.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import classification_loss
        >>> loss = classification_loss("regression")
        >>> float(loss(np.array([1.0, 0.0]), np.array([[3.0], [9.0]]), sample_weight=np.array([1.0, 0.0])))
        4.0
    """
    _check(problem_type)
    if problem_type == "regression":
        return NumberLoss()
    if problem_type == "multi_label_classification":
        return LabelsLoss(label_smoothing=label_smoothing)
    return ClassLoss()


def classification_metrics(
    problem_type: str = "single_label_classification",
    *,
    num_classes: int | None = None,
    names: Sequence[str] | None = None,
    threshold: float = 0.5,
    num_examples: int = 10_000,
) -> list[keras.metrics.Metric]:
    """Give `compile(weighted_metrics=...)` what a task is measured by.

    Args:
        problem_type: as for `classification_loss`.
        num_classes: number of classes or labels, for what counts each apart: f1, macro_f1 and matthews.
        names: which metrics, the most important first; None for all of the problem's: accuracy, f1 and matthews of
            classes; f1, macro_f1 and accuracy (all labels right) of several labels; pearson, spearman and mae of
            numbers.
        threshold: probability from which on a label is given, of several labels.
        num_examples: rows that the Spearman correlation keeps, at least those of the validation, fillers included.

    Returns:
        list of `keras.metrics.Metric`, shares from 0 to 1, correlations from -1 to 1.

    Raises:
        ValueError: for another problem, a metric that it does not have, or one that needs `num_classes` without it.

    Example:
        >>> from bert_keras.training import classification_metrics
        >>> [metric.name for metric in classification_metrics(num_classes=3, names=["matthews", "accuracy"])]
        ['matthews', 'accuracy']
    """
    _check(problem_type)
    known = _METRICS[problem_type]
    names = known if names is None else names
    if wrong := [name for name in names if name not in known]:
        raise ValueError(f"No metric {wrong[0]!r} of a {problem_type}; there are {', '.join(known)}.")
    if num_classes is None and (needing := [name for name in names if name in _NEED_NUM_CLASSES]):
        raise ValueError(
            f"{', '.join(needing)} count each class apart: give num_classes, the number of the model's classes, or ask "
            f'for others by names=["accuracy"].'
        )
    makers = {
        "regression": {
            "pearson": PearsonCorrelation,
            "spearman": lambda: SpearmanCorrelation(num_examples),
            "mae": lambda: keras.metrics.MeanAbsoluteError(name="mae"),
        },
        "multi_label_classification": {
            "f1": lambda: MultiLabelF1(num_classes, threshold=threshold),
            "macro_f1": lambda: MultiLabelF1(num_classes, "macro", threshold, name="macro_f1"),
            "accuracy": lambda: AllLabelsAccuracy(threshold),
        },
        "single_label_classification": {
            "accuracy": ClassAccuracy,
            "f1": lambda: ClassF1(num_classes),
            "matthews": lambda: MatthewsCorrelation(num_classes),
        },
    }
    return [makers[problem_type][name]() for name in names]


def score_outputs(metrics: Sequence[keras.metrics.Metric], labels: Tensor, outputs: Tensor) -> dict[str, float]:
    """Score outputs that were pooled or otherwise worked on after `model.predict`.

    Args:
        metrics: list of `keras.metrics.Metric`, from `classification_metrics`.
        labels: (examples,) or (examples, classes) array.
        outputs: (examples, classes) array.

    Returns:
        dict from the metric's name to float.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import classification_metrics, score_outputs
        >>> metrics = classification_metrics(num_classes=2, names=["accuracy"])
        >>> score_outputs(metrics, labels=np.array([1, 0]), outputs=np.array([[0.0, 1.0], [0.0, 1.0]]))
        {'accuracy': 0.5}
    """
    results = {}
    for metric in metrics:
        metric.reset_state()
        metric.update_state(keras.ops.convert_to_tensor(labels), keras.ops.convert_to_tensor(outputs))
        results[metric.name] = float(metric.result())
    return results


def _check(problem_type):
    if problem_type not in PROBLEM_TYPES:
        raise ValueError(f"Expected a problem_type of {', '.join(PROBLEM_TYPES)}; received {problem_type!r}.")
