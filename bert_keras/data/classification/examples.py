"""Labelled texts in memory: what readers give and every classification dataset is made of."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Examples:
    """Texts, or pairs of texts, with their labels.

    Attributes:
        texts: The (first) texts.
        second_texts: The second texts of pairs; None for single texts.
        labels: Class numbers, floats for regression, or the numbers of all its labels for each text; None for texts
            without labels.
        label_names: The name of each class; None for regression or without labels.
        num_skipped: Rows left out under `errors="skip"`.
        weights: How much each text counts in training and in weighted metrics; None for all alike.
        places: file:line of each text, where it comes from a file.
    """

    texts: tuple[str, ...]
    second_texts: tuple[str, ...] | None = None
    labels: tuple[int, ...] | tuple[float, ...] | tuple[tuple[int, ...], ...] | None = None
    label_names: tuple[str, ...] | None = None
    num_skipped: int = 0
    weights: tuple[float, ...] | None = None
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __len__(self):
        return len(self.texts)

    @property
    def problem_type(self) -> str:
        """`"single_label_classification"`, `"multi_label_classification"` or `"regression"`, as in transformers."""
        if self.label_names is None:
            return "regression"
        is_multi_label = bool(self.labels) and isinstance(self.labels[0], tuple)
        return "multi_label_classification" if is_multi_label else "single_label_classification"

    def label_array(self, label_names: Sequence[str] | None = None) -> np.ndarray:
        """Return the labels as a model is trained on them.

        Args:
            label_names: The classes in the order of the model's outputs, those of the training examples; labels are
                renumbered by name. None for this set's own order.

        Returns:
            (examples,) int32 classes or float32 numbers; or (examples, classes) float32 of 0 and 1 for several labels.

        Raises:
            ValueError: If a label is not among `label_names`.
        """
        if self.label_names is None:
            return np.array(self.labels, np.float32)
        names = list(self.label_names if label_names is None else label_names)
        if unknown := sorted(set(self.label_names) - set(names)):
            raise ValueError(f"labels {unknown} are not among the known ones: {', '.join(map(repr, names))}")
        number_of = np.array([names.index(name) for name in self.label_names], np.int32)
        if self.problem_type == "single_label_classification":
            return number_of[np.array(self.labels, np.int32)]
        array = np.zeros((len(self.labels), len(names)), np.float32)
        for row, labels in zip(array, self.labels):
            row[number_of[list(labels)]] = 1.0
        return array
