"""Precision, recall and F1 by label as a table of text, as the scorers of the field print them."""

from collections.abc import Mapping

from bert_keras.text_table import aligned


def score_table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Make a table of what `span_scores`, `triple_scores` or `relation_scores` gives.

    Args:
        scores: dict from a label, or an average, to a dict of `precision`, `recall`, `f1` and `support`.

    Returns:
        str of a line for each label, averages first.

    Example:
        >>> from bert_keras.training import score_table, span_scores
        >>> print(score_table(span_scores([[(0, 2, "person")]], [[(0, 2, "person"), (3, 4, "place")]])))
                 precision  recall     f1  support
        overall      0.500   1.000  0.667        1
        person       1.000   1.000  1.000        1
        place        0.000   0.000  0.000        0
    """
    measures = ("precision", "recall", "f1", "support")
    rows = [("", *measures)]
    for label, numbers in scores.items():
        rows.append((label, *(f"{numbers[name]:.3f}" for name in measures[:-1]), f"{numbers['support']:,}"))
    return aligned(rows)
