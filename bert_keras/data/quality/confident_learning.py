"""Labels that are probably wrong, by confident learning: probabilities of models that have not seen the examples."""

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

_logger = logging.getLogger(__name__)
_TOLERANCE = 1e-6  # a probability is at a threshold so near below it
_SUM_TOLERANCE = 1e-3  # of a row, for probabilities in half precision
METHODS = (
    "prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "low_self_confidence",
    "low_normalized_margin",
)  # fmt: skip
SCORES = ("self_confidence", "normalized_margin")


@dataclasses.dataclass(frozen=True)
class WrongLabels:
    """The labels that are probably wrong, and how it was found.

    Attributes:
        numbers: (found,) int, of the examples whose label is probably wrong, the worst first.
        suggested: (examples,) int, the most probable class besides the given one.
        quality: (examples,) float, 0 to 1: how well the given label fits.
        thresholds: (classes,) float, from which probability on an example is counted as one of a class; infinite for a
            class without examples.
        joint: (classes, classes) int, an estimate of how many examples of a given label, the row, are of which true
            class, the column.
    """

    numbers: np.ndarray
    suggested: np.ndarray
    quality: np.ndarray
    thresholds: np.ndarray
    joint: np.ndarray

    @property
    def estimated_share(self) -> float:
        """The share of all labels that the joint estimates to be wrong: some of them cannot be told which."""
        return 1.0 - float(self.joint.trace() / self.joint.sum())


def wrong_labels(
    labels: Sequence[int] | np.ndarray,
    probabilities: np.ndarray,
    *,
    method: str = "prune_by_noise_rate",
    ranked_by: str = "self_confidence",
    is_judged: np.ndarray | None = None,
) -> WrongLabels:
    """Find examples whose label is probably wrong.

    An example is counted as one of the class whose threshold its probability reaches, the mean probability that
    examples with this label have; of several, the most probable. These counts by given label, scaled to the labels that
    there are, are the joint. No label is found wrong that the model itself would give, but for
    `"low_self_confidence"`: of several classes the most probable may have a low probability.

    Args:
        labels: (examples,) int, the given classes.
        probabilities: (examples, classes), of a model that was not trained on the example, such as
            `bert_keras.cross_validation` gives.
        method: `"prune_by_noise_rate"`: for each pair of classes as many examples as the joint says, those whose other
            class has the largest margin over the given one. `"prune_by_class"`: for each class as many as the joint
            says, those of lowest probability. `"both"`: what both find. `"confident_learning"`: those that were counted
            as of another class. `"low_self_confidence"` and `"low_normalized_margin"`: as many as that, those of lowest
            quality.
        ranked_by: What puts them in order, see `label_quality`.
        is_judged: (examples,) bool: False for examples that count nowhere, whose quality is NaN. None for all.

    Raises:
        ValueError: If labels are none of the classes; probabilities are not in rows that sum to 1, or NaN; or there is
            no such method.

    Example:
        >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.05, 0.95]])
        >>> found = wrong_labels([0, 0, 1, 1, 0], probabilities)
        >>> found.numbers.tolist(), int(found.suggested[4]), found.joint.tolist()
        ([4], 1, [[2, 1], [0, 2]])

    Reference:
        [Northcutt et al., 2021](https://arxiv.org/abs/1911.00068), section 3; as `cleanlab.filter.find_label_issues`
    """
    if method not in METHODS:
        raise ValueError(f"expected a method of {', '.join(METHODS)}; received {method!r}")
    labels, probabilities = check_probabilities(labels, probabilities)
    if is_judged is not None and not np.all(is_judged):
        return _among(labels, probabilities, is_judged, method=method, ranked_by=ranked_by)
    quality = label_quality(labels, probabilities, ranked_by)
    thresholds = _thresholds(labels, probabilities)
    counted_as = _counted_as(probabilities, thresholds)
    joint = _joint(labels, counted_as, probabilities.shape[1])
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -1.0
    suggested = others.argmax(1)
    is_doubted = others.max(1) > probabilities[np.arange(len(labels)), labels] + _TOLERANCE
    if method == "prune_by_noise_rate":
        is_found = _by_noise_rate(labels, probabilities, joint)
    elif method == "prune_by_class":
        is_found = _by_class(labels, probabilities, joint)
    elif method == "both":
        is_found = _by_noise_rate(labels, probabilities, joint) & _by_class(labels, probabilities, joint)
    else:
        is_found = (counted_as >= 0) & (counted_as != labels)
    if method.startswith("low_"):
        least = np.argsort(label_quality(labels, probabilities, method.removeprefix("low_")), kind="stable")
        numbers = least[: (is_found & is_doubted).sum()]
    else:
        numbers = np.flatnonzero(is_found & is_doubted)
    numbers = numbers[np.argsort(quality[numbers], kind="stable")]
    return WrongLabels(numbers, suggested, quality, thresholds, joint)


def label_quality(
    labels: Sequence[int] | np.ndarray, probabilities: np.ndarray, score: str = "self_confidence"
) -> np.ndarray:
    """Score how well each label fits its example.

    Args:
        labels: As for `wrong_labels`.
        probabilities: As for `wrong_labels`.
        score: `"self_confidence"`, the probability of the label; or `"normalized_margin"`, by how much it exceeds that
            of the best other class, brought to 0 to 1.

    Returns:
        (examples,) float from 0, wrong, to 1.

    Raises:
        ValueError: As `wrong_labels`.

    Example:
        >>> label_quality([0, 1], np.array([[0.75, 0.25], [1.0, 0.0]]), "normalized_margin").tolist()
        [0.75, 0.0]
    """
    if score not in SCORES:
        raise ValueError(f"expected a score of {', '.join(SCORES)}; received {score!r}")
    labels, probabilities = check_probabilities(labels, probabilities)
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    if score == "self_confidence":
        return own
    others = probabilities.copy()
    others[rows, labels] = -1.0
    return (own - others.max(1) + 1) / 2


def wrong_tags(
    tags: Sequence[Sequence[int]], probabilities: Sequence[np.ndarray], **options: Any
) -> tuple[list[tuple[int, int]], WrongLabels]:
    """Find words whose tag is probably wrong: `wrong_labels` over the words of all sentences.

    Args:
        tags: The number of the tag of each word of each sentence.
        probabilities: (words, tags) of each sentence.
        **options: Those of `wrong_labels`.

    Returns:
        (sentence, word) of each, the worst first; and what `wrong_labels` gives for all words in a row.

    Raises:
        ValueError: As `wrong_labels`, or if a sentence has not as many rows of probabilities as tags.

    Example:
        >>> sure = np.array([[0.9, 0.1], [0.1, 0.9]])
        >>> wrong_tags([[0, 1], [0, 0], [0, 1]], [sure, sure, sure])[0]
        [(1, 1)]

    Reference:
        [Wang and Mueller, 2022](https://arxiv.org/abs/2210.03920); `cleanlab.token_classification.filter`
    """
    if len(tags) != len(probabilities):
        raise ValueError(f"expected probabilities of {len(tags)} sentences, received those of {len(probabilities)}")
    for number, (some, rows) in enumerate(zip(tags, probabilities, strict=True)):
        if len(some) != len(rows):
            raise ValueError(f"sentence {number} has {len(some)} tags, and probabilities of {len(rows)} words")
    flat = [tag for some in tags for tag in some]
    found = wrong_labels(flat, np.concatenate([np.asarray(rows) for rows in probabilities if len(rows)]), **options)
    places = [(number, word) for number, some in enumerate(tags) for word in range(len(some))]
    return [places[number] for number in found.numbers], found


def wrong_label_sets(labels: np.ndarray, probabilities: np.ndarray, **options: Any) -> list[WrongLabels]:
    """Find labels that are probably missing or too many, where a text may have several: `wrong_labels` of each label.

    Args:
        labels: (examples, labels) of 0 and 1.
        probabilities: (examples, labels), of each label on its own.
        **options: Those of `wrong_labels`.

    Returns:
        For each label what is found of its classes 0, the text has it not, and 1, it has.

    Raises:
        ValueError: As `wrong_labels`, or if the shapes differ.

    Example:
        >>> labels, probabilities = np.array([[1], [1], [0], [0], [0]]), np.array([[0.9], [0.8], [0.1], [0.2], [0.95]])
        >>> wrong_label_sets(labels, probabilities)[0].numbers.tolist()
        [4]

    Reference:
        [Thyagarajan et al., 2022](https://arxiv.org/abs/2211.13895); `cleanlab.multilabel_classification.filter`
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if labels.shape != probabilities.shape or labels.ndim != 2:
        raise ValueError(
            f"expected labels and probabilities of one shape, (examples, labels); received {labels.shape} and "
            f"{probabilities.shape}"
        )
    pairs = zip(labels.T, probabilities.T, strict=True)
    return [wrong_labels(_integers(some), np.stack([1 - column, column], 1), **options) for some, column in pairs]


def check_probabilities(labels: Sequence[int] | np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities as arrays, or refuse what is none.

    Args:
        labels: (examples,) int.
        probabilities: (examples, classes) float.

    Raises:
        ValueError: If they are not as many, a label is none of the classes, or a row is no distribution.

    Example:
        >>> check_probabilities([2], np.array([[0.5, 0.5]]))
        Traceback (most recent call last):
        ...
        ValueError: expected labels from 0 to 1, as there are probabilities of 2 classes; example 0 has 2
    """
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.shape[1] < 2 or not len(probabilities):
        raise ValueError(f"expected probabilities (examples, two classes or more), received {probabilities.shape}")
    probabilities = probabilities.astype(np.float64)
    labels = _integers(labels)
    if labels.shape != probabilities.shape[:1]:
        raise ValueError(f"expected {len(probabilities)} labels, one for each row; received an array {labels.shape}")
    num_classes = probabilities.shape[1]
    if len(wrong := np.flatnonzero((labels < 0) | (labels >= num_classes))):
        raise ValueError(
            f"expected labels from 0 to {num_classes - 1}, as there are probabilities of {num_classes} classes; "
            f"example {wrong[0]} has {labels[wrong[0]]}" + _and_more(wrong)
        )
    if len(wrong := np.flatnonzero(~np.isfinite(probabilities).all(1))):
        raise ValueError(f"the probabilities of example {wrong[0]} are {probabilities[wrong[0]]}" + _and_more(wrong))
    is_none = (probabilities < -_TOLERANCE).any(1) | (np.abs(probabilities.sum(1) - 1) > _SUM_TOLERANCE)
    if len(wrong := np.flatnonzero(is_none)):
        raise ValueError(
            f"expected probabilities that sum to 1; those of example {wrong[0]} are {probabilities[wrong[0]]}"
            + _and_more(wrong) + "; logits become probabilities by a softmax"
        )  # fmt: skip
    return labels, probabilities


def _among(labels: np.ndarray, probabilities: np.ndarray, is_judged: np.ndarray, **options: str) -> WrongLabels:
    """Find wrong labels among those that are judged."""
    if np.shape(is_judged) != labels.shape:
        raise ValueError(f"expected is_judged of {len(labels)} examples, received an array {np.shape(is_judged)}")
    judged = np.flatnonzero(is_judged)
    found = wrong_labels(labels[judged], probabilities[judged], **options)
    suggested, quality = labels.copy(), np.full(len(labels), np.nan)
    suggested[judged], quality[judged] = found.suggested, found.quality
    return dataclasses.replace(found, numbers=judged[found.numbers], suggested=suggested, quality=quality)


def _and_more(wrong: np.ndarray) -> str:
    return f", and {len(wrong) - 1} more are like it" if len(wrong) > 1 else ""


def _integers(labels) -> np.ndarray:
    array = np.asarray(labels)
    if len(array) and not np.array_equal(array, whole := array.astype(np.int64)):
        number = int(np.flatnonzero(array != whole)[0])
        raise ValueError(f"expected labels that are whole numbers, example {number} has {array[number]}")
    return array.astype(np.int64)


def _thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    if missing := int((counts == 0).sum()):
        _logger.warning("%d of %d classes have no example: none is suggested to be of them", missing, len(counts))
    sums = np.bincount(labels, probabilities[np.arange(len(labels)), labels], minlength=len(counts))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def _counted_as(probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the class that each example surely is of, -1 for none."""
    is_reached = probabilities >= thresholds - _TOLERANCE
    number = is_reached.sum(1)
    return np.where(number > 1, probabilities.argmax(1), np.where(number == 1, is_reached.argmax(1), -1))


def _joint(labels: np.ndarray, counted_as: np.ndarray, num_classes: int) -> np.ndarray:
    is_counted = counted_as >= 0
    pairs = labels[is_counted] * num_classes + counted_as[is_counted]
    counts = np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.float64)
    np.fill_diagonal(counts, np.maximum(counts.diagonal(), 1))
    given = np.bincount(labels, minlength=num_classes)
    return np.array([_rounded(row / row.sum() * number) for row, number in zip(counts, given)])


def _rounded(row: np.ndarray) -> np.ndarray:
    """Round a row whose sum is whole and stays the same: the largest remainders up, of equal ones the last."""
    whole = np.floor(row + 1e-9).astype(np.int64)
    lacking = int(round(row.sum())) - whole.sum()
    ascending = np.argsort((row - whole).round(9), kind="stable")
    whole[ascending[len(row) - lacking :]] += 1
    return whole


def _by_noise_rate(labels: np.ndarray, probabilities: np.ndarray, joint: np.ndarray) -> np.ndarray:
    is_found = np.zeros(len(labels), bool)
    for given, counts in enumerate(_with_one_left(joint)):
        numbers = np.flatnonzero(labels == given)
        for other in np.flatnonzero(counts):
            if other != given:
                margin = probabilities[numbers, other] - probabilities[numbers, given]
                is_found[numbers[np.argsort(-margin, kind="stable")[: counts[other]]]] = True
    return is_found


def _by_class(labels: np.ndarray, probabilities: np.ndarray, joint: np.ndarray) -> np.ndarray:
    is_found = np.zeros(len(labels), bool)
    for given, counts in enumerate(_with_one_left(joint)):
        numbers = np.flatnonzero(labels == given)
        order = np.argsort(probabilities[numbers, given], kind="stable")
        is_found[numbers[order[: len(numbers) - counts[given]]]] = True
    return is_found


def _with_one_left(joint: np.ndarray) -> np.ndarray:
    """Leave each class that has examples one that is right."""
    joint = joint.copy()
    for given, counts in enumerate(joint):
        if counts.sum() and not counts[given]:
            counts[counts.argmax()] -= 1
            counts[given] = 1
    return joint
