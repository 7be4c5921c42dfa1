"""The F1 of entities as a metric of Keras, counted in the compiled step."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.ops.check_labels import check_labels, counted
from bert_keras.ops.selected_first import selected_first
from bert_keras.tagging_schemes import MEANINGS, split_tag
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class EntityF1(keras.metrics.Metric):
    """Precision, recall or F1 of the spans that tags spell, over all batches: what CoNLL's scorer and seqeval give.

    Put it into `weighted_metrics`: positions of weight 0 (special tokens, the later pieces of words) are left out, and
    the others stand side by side. As `tagging_dataset` gives them, these are the basic tokens of raw text, and their
    spans those that a `Tagger` finds in it. A sentence in several windows is counted window by window; for final scores
    of such use `entity_scores` on whole sentences.

    Args:
        tag_names: the tags by number.
        measure: "f1", "precision" or "recall". Default "f1".
        name: name in the logs. Default "entity_" and the measure.
        **kwargs: arguments of `keras.metrics.Metric`.

    Raises:
        ValueError: where a name is no tag of a scheme, or `measure` is none of the three; at a batch with a number that
            is no tag, where weights count; where nothing can be raised the result is NaN.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import EntityF1
        >>> metric = EntityF1(["O", "B-place", "I-place"])
        >>> metric.update_state(np.array([[1, 2, 0, 1]]), np.eye(3)[[[1, 2, 0, 0]]], sample_weight=np.ones((1, 4)))
        >>> round(float(metric.result()), 3)
        0.667

    Reference:
        conlleval of https://www.clips.uantwerpen.be/conll2000/chunking/output.html
    """

    def __init__(self, tag_names: Sequence[str], *, measure: str = "f1", name: str | None = None, **kwargs: Any):
        super().__init__(name=name or f"entity_{measure}", **kwargs)
        if measure not in ("f1", "precision", "recall"):
            raise ValueError(f"Expected measure to be f1, precision or recall; received {measure!r}.")
        self.tag_names = list(tag_names)
        self.measure = measure
        parts = [split_tag(tag) for tag in self.tag_names]
        labels = sorted({label for _, label in parts})
        self._prefixes = np.array(["OBIES".index(MEANINGS[prefix]) for prefix, _ in parts], "int32")
        self._labels = np.array([labels.index(label) for _, label in parts], "int32")
        # float32 as all metrics of Keras: exact up to 16 million spans.
        self._counts = self.add_weight(name="counts", shape=(3,), initializer="zeros")  # right, predicted, true

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Count the spans of a batch.

        Args:
            y_true: (batch, length) numbers of tags; positions of -100 are left out.
            y_pred: (batch, length, tags) scores.
            sample_weight: (batch, length), or None where every position is a word.
        """
        predicted = ops.cast(ops.argmax(y_pred, axis=-1), "int32")  # (batch, length)
        y_true, weights = check_labels(y_true, y_pred, sample_weight, name=f"tags of {self.name}")
        mask = ops.greater(weights, 0)
        order = selected_first(mask)
        is_word = ops.take_along_axis(mask, order, axis=1)
        tags = (ops.take_along_axis(ops.cast(some, "int32"), order, axis=1) for some in (predicted, y_true))
        (starts, labels, ends), (true_starts, true_labels, true_ends) = (self._spans(some, is_word) for some in tags)
        is_right = starts & true_starts & ops.equal(labels, true_labels) & ops.equal(ends, true_ends)
        counts = [ops.sum(ops.cast(some, self._counts.dtype)) for some in (is_right, starts, true_starts)]
        has_wrong_tag = 0 * ops.sum(counted(weights))  # NaN then
        self._counts.assign_add(ops.stack(counts) + has_wrong_tag)

    def _spans(self, tags, is_word):
        """Where spans start; the label at each position; where a span that starts there has its last word."""
        prefixes = ops.where(is_word, ops.take(self._prefixes, tags), 0)  # (batch, length)
        labels = ops.take(self._labels, tags)
        before = ops.pad(prefixes[:, :-1], [[0, 0], [1, 0]])
        label_before = ops.pad(labels[:, :-1], [[0, 0], [1, 0]])
        outside, begin, _, end, single = range(5)  # in the order of "OBIES"
        starts = ops.equal(prefixes, begin) | ops.equal(prefixes, single) | ops.not_equal(labels, label_before)
        for closed in (outside, end, single):
            starts = starts | ops.equal(before, closed)
        starts = starts & ops.not_equal(prefixes, outside)
        goes_on = ops.not_equal(prefixes, outside) & ops.logical_not(starts)
        is_last = ops.logical_not(ops.pad(goes_on[:, 1:], [[0, 0], [0, 1]]))  # of a span that is open there
        positions = ops.arange(ops.shape(tags)[1], dtype="int32")
        # The nearest such position from each on: a minimum over (batch, length, length).
        later = is_last[:, None, :] & ops.greater_equal(positions[None, :], positions[:, None])[None]
        ends = ops.min(ops.where(later, positions[None, None, :], ops.shape(tags)[1]), axis=-1)
        return starts, labels, ends

    def result(self) -> Tensor:
        """Return the measure over all batches so far, from 0 to 1."""
        right, predicted, true = self._counts[0], self._counts[1], self._counts[2]
        divisor = {"precision": predicted, "recall": true, "f1": (predicted + true) / 2}[self.measure]
        return ops.divide_no_nan(right, divisor)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"tag_names": self.tag_names, "measure": self.measure}
