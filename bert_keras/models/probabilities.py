"""Logits of numpy arrays as probabilities, in double precision."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Give probabilities that add up to 1 over the last axis.

    Args:
        logits: array of any shape.

    Returns:
        float64 array of that shape.
    """
    logits = np.asarray(logits, "float64")
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def sigmoid(logits: np.ndarray | float) -> np.ndarray | float:
    """Give probabilities each for itself.

    Args:
        logits: array of any shape, or one number.

    Returns:
        float64 array of that shape, or one number.
    """
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, "float64")))  # overflows for no logit


def logit(probability: float) -> float:
    """Give the logit that `sigmoid` makes this probability of: 0 for 0.5.

    Args:
        probability: number between 0 and 1, both excluded.

    Raises:
        ValueError: for another number.
    """
    if not 0 < probability < 1:
        raise ValueError(f"Expected a threshold between 0 and 1, a probability; received {probability}.")
    return float(np.log(probability / (1 - probability)))
