"""Logits of numpy arrays as probabilities, in double precision."""

import numpy as np


def softmax(logits):
    """Probabilities that add up to 1 over the last axis.

    Args:
        logits: array of any shape.

    Returns:
        float64 array of that shape.
    """
    logits = np.asarray(logits, "float64")
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def sigmoid(logits):
    """Probabilities each for itself.

    Args:
        logits: array of any shape, or one number.

    Returns:
        float64 array of that shape, or one number.
    """
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, "float64")))  # overflows for no logit
