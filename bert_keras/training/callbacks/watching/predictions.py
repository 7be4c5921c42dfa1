"""What a model says of a validation part beside what is true, in the forms that views take."""

import dataclasses
import functools
import itertools
import logging
from collections.abc import Callable, Sequence

import numpy as np

from bert_keras.training.callbacks.watching.spans import SpanPredictions

_logger = logging.getLogger(__name__)
_TINY = 1e-12  # a probability below it has this one's loss


@dataclasses.dataclass(frozen=True)
class Judgements:
    """What a model says of each text and how sure it is, beside the truth.

    Attributes:
        texts: What each example is, for a reader.
        truths: What is true, in words.
        answers: What the model says, in words.
        losses: (examples,) floats, the highest for what the model gets most wrong.
        are_right: (examples,) bool; None where an answer is not right or wrong, as a number.
        confidences: (examples,) probabilities that the model gives its own answers; None without such.
    """

    texts: Sequence[str]
    truths: Sequence[str]
    answers: Sequence[str]
    losses: np.ndarray
    are_right: np.ndarray | None = None
    confidences: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class ClassPredictions:
    """Scores of classes, of labels or a number, beside the truth.

    Attributes:
        texts: What each example is, for a reader.
        scores: (examples, classes) probabilities, which of one label a text add up to 1; of a regression (examples,)
            numbers.
        truths: (examples,) classes; of several labels (examples, classes) of 0 and 1; of a regression (examples,)
            numbers.
        labels: The names of the classes; None for a regression.
        answers: (examples,) classes that the model says where these are not those with the best scores, as after a CRF;
            None for the best.
        threshold: The probability from which on a text has a label, where it may have several.

    Raises:
        ValueError: If the shapes do not fit each other.
    """

    texts: Sequence[str]
    scores: np.ndarray
    truths: np.ndarray
    labels: Sequence[str] | None = None
    answers: np.ndarray | None = None
    threshold: float = 0.5

    def __post_init__(self):
        width = () if self.labels is None else (len(self.labels),)
        scores, truths = np.shape(self.scores), np.shape(self.truths)
        if scores != (len(self.texts), *width) or truths not in (scores[:1], scores):
            raise ValueError(
                f"Expected scores and truths of {len(self.texts)} texts and {width[0] if width else 'no'} classes, "
                f"received shapes {scores} and {truths}."
            )

    @property
    def is_multi_label(self) -> bool:
        """Whether a text may have several labels."""
        return self.labels is not None and np.ndim(self.truths) == 2

    @functools.cached_property
    def said(self) -> np.ndarray:
        """What the model says, in the form of `truths`."""
        if self.labels is None:
            return self.scores
        if self.is_multi_label:
            return (self.scores >= self.threshold).astype("int32")
        return self.scores.argmax(axis=-1) if self.answers is None else self.answers

    def finite(self) -> "ClassPredictions":
        """Return the examples whose scores are all numbers; the log says how many others there are."""
        return _some_of(self, np.isfinite(self.scores).reshape(len(self.texts), -1).all(axis=1))

    def decisions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how sure the model is of each decision, and whether it is right: one a text, or one a text and label.

        Returns:
            (decisions,) probabilities and (decisions,) bool.
        """
        if self.is_multi_label:
            return np.maximum(self.scores, 1 - self.scores).ravel(), (self.said == self.truths).ravel()
        return self._scores_of(self.said), self.said == self.truths

    def judgements(self) -> Judgements:
        """Return what is said of each text as a whole.

        Of several labels a text is right if all are; a wrong one is as sure as its surest mistake, a right one as its
        least sure label.
        """
        if self.labels is None:
            words = ([f"{number:.3g}" for number in numbers] for numbers in (self.truths, self.scores))
            return Judgements(self.texts, *words, (self.scores - self.truths) ** 2)
        if not self.is_multi_label:
            words = ([self.labels[number] for number in numbers] for numbers in (self.truths, self.said))
            losses = np.log(1 / np.maximum(self._scores_of(self.truths), _TINY))
            confidences, are_right = self.decisions()
            return Judgements(self.texts, *words, losses, are_right, confidences)
        sure, right = (some.reshape(self.scores.shape) for some in self.decisions())
        words = ([self._named(row) for row in rows] for rows in (self.truths, self.said))
        of_truth = np.where(self.truths == 1, self.scores, 1 - self.scores)
        losses, are_right = np.log(1 / np.maximum(of_truth, _TINY)).mean(axis=1), right.all(axis=1)
        confidences = np.where(are_right, sure.min(axis=1), np.where(right, 0, sure).max(axis=1))
        return Judgements(self.texts, *words, losses, are_right, confidences)

    def _scores_of(self, classes):
        return self.scores[np.arange(len(self.scores)), classes]

    def _named(self, row):
        return ", ".join(self.labels[number] for number in np.flatnonzero(row)) or "none"


@dataclasses.dataclass(frozen=True)
class Predictions:
    """All that a task's predictor has to show of its validation part.

    Attributes:
        classes: Of a task with classes, labels or numbers.
        judgements: Of a task with answers that are right or wrong; made of the classes where there are such.
        spans: Of a task with places in texts.
    """

    classes: ClassPredictions | None = None
    judgements: Judgements | None = None
    spans: SpanPredictions | None = None

    @property
    def decisions(self) -> tuple[np.ndarray, np.ndarray]:
        """How sure the model is of each decision, and whether it is right."""
        return self.classes.decisions() if self.classes else (self.judgements.confidences, self.judgements.are_right)

    def finite(self) -> "Predictions | None":
        """Return all that has numbers, judgements included; None where nothing has."""
        classes, judgements = self.classes and self.classes.finite(), self.judgements
        if classes is not None and len(classes.texts):
            judgements = classes.judgements()
        elif judgements is not None:
            judgements = _some_of(judgements, np.isfinite(judgements.losses))
        parts = [part for part in (classes, judgements) if part is not None]
        if parts and not all(len(part.texts) for part in parts):
            return None
        return dataclasses.replace(self, classes=classes, judgements=judgements)


@dataclasses.dataclass(frozen=True)
class Watched:
    """What can be watched of a task.

    Attributes:
        predict: Function without arguments that asks the model about the validation part.
        views: The names of the views that mean something for the task.
        why_not: {name of another view: why it means nothing}, for the error.
    """

    predict: Callable[[], Predictions]
    views: Sequence[str]
    why_not: dict[str, str] = dataclasses.field(default_factory=dict)


def _some_of(examples, kept):
    """Return those of the examples that are kept, and say in the log how many have no numbers."""
    if kept.all():
        return examples
    counts = len(kept) - int(kept.sum()), len(kept)
    _logger.warning("%d of %d examples of validation have NaN among their scores: no view shows them", *counts)
    columns = {}
    for field in dataclasses.fields(examples):
        column = getattr(examples, field.name)
        if field.name not in ("labels", "threshold") and column is not None:
            is_array = isinstance(column, np.ndarray)
            columns[field.name] = column[kept] if is_array else list(itertools.compress(column, kept))
    return dataclasses.replace(examples, **columns)
