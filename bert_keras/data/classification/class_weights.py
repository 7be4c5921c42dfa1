"""Class imbalance: how much an example counts by its class."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from bert_keras.data.classification.examples import Examples


def weight_classes(examples: Examples, weights: Mapping[str, float] | None = None) -> Examples:
    """Give examples weights by their class.

    Args:
        examples: Texts of one class each.
        weights: {class name: weight}; a class that is not named weighs 1. None balances the classes: each weighs
            `examples / (classes * examples of the class)`, so that all classes weigh alike and the mean is 1.

    Raises:
        ValueError: Where texts have no class or several labels, or a name is no class.

    Example:
        >>> examples = Examples(("a", "b", "c"), labels=(0, 0, 1), label_names=("no", "yes"))
        >>> weight_classes(examples).weights
        (0.75, 0.75, 1.5)
    """
    if examples.labels is None or examples.problem_type != "single_label_classification":
        raise ValueError("class weights need texts of one class each")
    if weights is None:
        counts = np.bincount(examples.labels, minlength=len(examples.label_names))
        by_class = len(examples) / ((counts > 0).sum() * np.maximum(counts, 1))
    else:
        if unknown := sorted(set(weights) - set(examples.label_names)):
            known = ", ".join(map(repr, examples.label_names))
            raise ValueError(f"no class is called {unknown[0]!r}; there are {known}")
        by_class = np.array([weights.get(name, 1.0) for name in examples.label_names])
    return dataclasses.replace(examples, weights=tuple(by_class[list(examples.labels)].tolist()))
