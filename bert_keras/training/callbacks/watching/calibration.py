"""Whether a model that is 80 % sure is right in 80 % of the cases."""

import numpy as np

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.drawing import reliability_diagram

NUM_BINS = 15


def write_calibration(writer: EventWriter, decisions: tuple[np.ndarray, np.ndarray], step: int) -> None:
    """Write the curve `calibration/ece` and the picture `calibration/reliability`.

    Args:
        writer: Where to.
        decisions: (decisions,) probabilities that a model gives what it says, and (decisions,) bool, whether it is
            right.
        step: Of the training.
    """
    confidences, are_right = decisions
    counts, accuracies, means = reliability(confidences, are_right)
    error = _mean_gap(counts, accuracies, means)
    writer.scalar("calibration/ece", error, step)
    image = reliability_diagram(counts, accuracies, means, title=f"ECE {error:.3f} of {len(confidences)} decisions")
    writer.image("calibration/reliability", image, step)


def reliability(confidences: np.ndarray, are_right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort decisions into 15 equal ranges of confidence, each with its upper end.

    Args:
        confidences: (decisions,) probabilities.
        are_right: (decisions,) bool.

    Returns:
        (15,) counts, (15,) shares that are right and (15,) mean confidences, NaN where there is no decision.
    """
    edges = np.linspace(0, 1, NUM_BINS + 1)
    bins = np.searchsorted(edges[1:-1], confidences, side="left")
    counts, right, sums = (np.bincount(bins, some, NUM_BINS) for some in (None, are_right, confidences))
    with np.errstate(invalid="ignore"):
        return counts, right / counts, sums / counts


def expected_calibration_error(confidences: np.ndarray, are_right: np.ndarray) -> float:
    """Return the ECE: how far shares that are right and mean confidences lie apart, on average over all decisions.

    Args:
        confidences: (decisions,) probabilities.
        are_right: (decisions,) bool.

    Example:
        >>> expected_calibration_error([0.75, 0.75], [True, False])
        0.25

    Reference:
        [Guo et al., 2017](https://arxiv.org/abs/1706.04599), section 2, in 15 bins as there
    """
    return _mean_gap(*reliability(np.asarray(confidences), np.asarray(are_right)))


def _mean_gap(counts, accuracies, means):
    return float(np.nansum(counts * np.abs(accuracies - means)) / counts.sum())
