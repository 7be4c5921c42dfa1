"""Precision over recall at every threshold, a curve a class."""

import logging

import numpy as np

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.predictions import ClassPredictions

_logger = logging.getLogger(__name__)
_NUM_THRESHOLDS = 101


def write_precision_recall(writer: EventWriter, predictions: ClassPredictions, step: int) -> None:
    """Write a curve `precision_recall/LABEL` for each class, in TensorBoard's tab PR CURVES.

    A class that no text of validation has gets no curve, which the log says.

    Args:
        writer: Where to.
        predictions: From the validation part.
        step: Of the training.
    """
    absent = []
    for number, label in enumerate(predictions.labels):
        truths = predictions.truths
        is_true = truths[:, number] == 1 if predictions.is_multi_label else truths == number
        if not is_true.any():
            absent.append(label)
            continue
        scores = predictions.scores[:, number]
        counts = (_count_from_thresholds(scores[some]) for some in (is_true, ~is_true))
        writer.precision_recall(f"precision_recall/{label}", *counts, step)
    if absent:
        _logger.warning("no text of validation is %s: no precision-recall curve of it", " or ".join(absent))


def _count_from_thresholds(scores: np.ndarray) -> np.ndarray:
    """Return how many scores are at each threshold or above."""
    return len(scores) - np.searchsorted(np.sort(scores), np.linspace(0, 1, _NUM_THRESHOLDS))
