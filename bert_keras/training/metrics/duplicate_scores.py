"""How well a similarity tells pairs that match from others: accuracy and F1 at their best thresholds, and without."""

from collections.abc import Sequence

import numpy as np


def duplicate_scores(similarities: Sequence[float], labels: Sequence[int]) -> dict[str, float]:
    """Score the similarities of pairs that match or do not, at the thresholds that are best for them.

    A pair is taken for a match if its similarity reaches the threshold, which lies between two similarities that
    occur. Of several best thresholds the highest is taken.

    Args:
        similarities: (pairs,) float, the higher the more alike.
        labels: (pairs,) int, 1 for a match and 0 for none.

    Returns:
        dict of `accuracy` and `accuracy_threshold`, `f1`, `f1_threshold`, `precision` and `recall` at that, and
        `average_precision`, which needs no threshold.

    Raises:
        ValueError: where there are not as many of one as of the other, a similarity is not finite, or labels are not
            both 0 and 1.

    Example:
        >>> from bert_keras.training import duplicate_scores
        >>> scores = duplicate_scores([0.9, 0.7, 0.5, 0.1], [1, 0, 1, 0])
        >>> scores["accuracy"], scores["f1"], scores["f1_threshold"]
        (0.75, 0.8, 0.3)

    Reference:
        `BinaryClassificationEvaluator` of sentence-transformers
    """
    similarities, labels = np.asarray(similarities, "float64"), np.asarray(labels)
    if similarities.shape != labels.shape or similarities.ndim != 1:
        raise ValueError(f"Expected as many labels as similarities, received {labels.shape} and {similarities.shape}.")
    if not np.isfinite(similarities).all():
        raise ValueError(f"Expected finite similarities, received {(~np.isfinite(similarities)).sum()} that are not.")
    if {*labels.tolist()} != {0, 1}:
        raise ValueError(f"Expected labels 0 and 1, both of them, received {sorted({*labels.tolist()})[:10]}.")
    order = np.argsort(-similarities, kind="stable")
    similarities, labels = similarities[order], labels[order].astype("int64")
    lasts = np.flatnonzero(np.append(np.diff(similarities) != 0, True))  # where a threshold may lie, behind equal ones
    num_taken, num_right = lasts + 1, np.cumsum(labels)[lasts]
    num_matches, num_pairs = int(labels.sum()), len(labels)
    following = np.append(similarities, similarities[-1])[num_taken]
    thresholds = (similarities[lasts] + following) / 2
    thresholds = np.where(thresholds == following, similarities[lasts], thresholds)
    precision, recall = num_right / num_taken, num_right / num_matches
    f1 = 2 * num_right / (num_taken + num_matches)
    # The first takes no pair for a match.
    accuracy = np.append(num_pairs - num_matches, 2 * num_right + num_pairs - num_matches - num_taken) / num_pairs
    accuracy_thresholds = np.append(np.nextafter(similarities[0], np.inf), thresholds)
    best, best_f1 = int(accuracy.argmax()), int(f1.argmax())
    return {
        "accuracy": float(accuracy[best]),
        "accuracy_threshold": float(accuracy_thresholds[best]),
        "f1": float(f1[best_f1]),
        "f1_threshold": float(thresholds[best_f1]),
        "precision": float(precision[best_f1]),
        "recall": float(recall[best_f1]),
        "average_precision": float(np.sum(np.diff(recall, prepend=0.0) * precision)),
    }
