"""The parts of a task beside each other: how many examples of each class, what one part lacks, what two share."""

import collections
import logging
from collections.abc import Mapping

import numpy as np

from bert_keras.data.classification.examples import Examples
from bert_keras.text_table import aligned

_logger = logging.getLogger(__name__)
_MOST_CLASSES = 40


def class_counts(parts: Mapping[str, Examples]) -> str:
    """How many examples of each class every part has, or the range of its numbers: a table to print.

    Args:
        parts: {part: examples}, the training part first, as `read_task` gives them.

    Example:
        >>> from bert_keras.data import read_examples
        >>> rows = [("so good", "pos"), ("fair", "pos"), ("so bad", "neg")]
        >>> train = read_examples(rows, text_column=0, label_column=1)
        >>> test = read_examples([("well",), ("not bad",)], text_column=0)
        >>> print(class_counts({"train": train, "test": test}))
        class  train  test
        neg        1
        pos        2
        all        3     2
    """
    first = next(iter(parts.values()))
    rows = [("class", *parts)]
    if first.problem_type == "regression":
        rows = [("number", *parts)]
        for name in ("min", "mean", "max"):
            numbers = [None if part.labels is None else getattr(np, name)(part.labels) for part in parts.values()]
            rows.append((name, *("" if number is None else f"{number:.3g}" for number in numbers)))
    else:
        counts = {name: _counts(part) for name, part in parts.items()}
        rows += [(label, *(str(counts[part].get(label, "")) for part in parts)) for label in first.label_names]
        if len(rows) > _MOST_CLASSES + 1:
            rows[_MOST_CLASSES:] = [(f"and {len(rows) - _MOST_CLASSES} more", *("" for _ in parts))]
    rows.append(("all", *(str(len(part)) for part in parts.values())))
    return "\n".join(line.rstrip() for line in aligned(rows).split("\n"))


def warn_of_parts(parts: Mapping[str, Examples]) -> None:
    """Log what is suspicious about the parts of a task together.

    That is: a class that a part lacks, texts of one part that are in training, the same text with several labels.
    """
    for name, part in parts.items():
        if part.labels is None:
            continue
        counts = {} if part.problem_type == "regression" else _counts(part)
        if missing := [label for label in part.label_names or () if not counts[label]]:
            shown = ", ".join(map(repr, missing[:10])) + (", ..." if len(missing) > 10 else "")
            _logger.warning("%s: no example of %d of %d classes: %s", name, len(missing), len(part.label_names), shown)
        labels_of = collections.defaultdict(set)
        for text, label in zip(_texts(part), part.labels):
            labels_of[text].add(label)
        if several := [text for text, labels in labels_of.items() if len(labels) > 1]:
            _logger.warning("%s: %d texts have several labels, the first: %.80r", name, len(several), several[0][0])
        if name == "train":
            in_training = labels_of
        elif "train" in parts and (shared := [text for text in labels_of if text in in_training]):
            _logger.warning("%s: %d texts are in training, too, the first: %.80r", name, len(shared), shared[0][0])


def _counts(part: Examples) -> dict[str, int]:
    if part.labels is None:
        return {}
    numbers = [number for label in part.labels for number in (label if isinstance(label, tuple) else (label,))]
    counts = np.bincount(np.array(numbers, int), minlength=len(part.label_names))
    return dict(zip(part.label_names, counts.tolist()))


def _texts(part: Examples):
    return zip(part.texts, part.second_texts or part.texts)
