"""Cut a validation part off labelled texts, or folds, class by class, the same for every order of the rows."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from bert_keras.data.classification.examples import Examples
from bert_keras.data.rows.split_numbers import fold_numbers, split_numbers

_BINS = 10  # of a regression's numbers, each split alike


def split_examples(examples: Examples, share: float, *, seed: int = 0) -> tuple[Examples, Examples]:
    """Split examples in two with the same share of each class in both.

    Which part a text goes to is a function of the seed, its class and the other texts of that, not of the order of the
    rows. Texts that are equal, but for case and spaces, stay on one side. A class of two different texts or more is in
    both parts, whatever the share.

    Args:
        examples: Labelled texts. Those with several labels are split by their set of labels, numbers by tenths.
        share: How much goes to the second part, between 0 and 1.
        seed: Another one makes another split.

    Returns:
        The rest, and the part cut off; both in the order of the rows.

    Raises:
        ValueError: If the share is out of range, texts have no labels, or one part would be empty.

    Example:
        >>> rows = [(f"text {i}", "ab"[i % 4 == 0]) for i in range(40)]
        >>> from bert_keras.data import read_examples
        >>> train, validation = split_examples(read_examples(rows, text_column=0, label_column=1), 0.2)
        >>> train.labels.count(1), validation.labels.count(1), len(validation)
        (8, 2, 8)
    """
    parts = split_numbers(*_split_by(examples), share, seed=seed, joins_rare=_joins_rare(examples))
    rest, part = (select_examples(examples, numbers) for numbers in parts)
    return rest, dataclasses.replace(part, num_skipped=0)


def fold_examples(examples: Examples, num_folds: int, *, seed: int = 0) -> list[int]:
    """Part examples into folds with the same share of each class, for cross-validation.

    As with `split_examples`, the order of the rows does not count, and texts that are equal but for case and spaces are
    in one fold.

    Args:
        examples: Labelled texts.
        num_folds: How many folds.
        seed: Another one makes other folds.

    Returns:
        The fold of each example, from 0.

    Raises:
        ValueError: If texts have no labels, or there are fewer different texts than folds.

    Example:
        >>> examples = Examples(("a", "b", "A", "c"), labels=(0, 0, 0, 1), label_names=("x", "y"))
        >>> fold_examples(examples, 2)
        [1, 0, 1, 0]
    """
    return fold_numbers(*_split_by(examples), num_folds, seed=seed, joins_rare=_joins_rare(examples))


def select_examples(examples: Examples, numbers: Sequence[int]) -> Examples:
    """Return some of the examples.

    Args:
        examples: With labels or without.
        numbers: Of those wanted, in the order wanted.

    Example:
        >>> select_examples(Examples(("a", "b", "c")), [2, 0]).texts
        ('c', 'a')
    """
    fields = {name: getattr(examples, name) for name in ("texts", "second_texts", "labels", "weights", "places")}
    return dataclasses.replace(
        examples,
        **{name: values and tuple(values[number] for number in numbers) for name, values in fields.items()},
    )


def _split_by(examples: Examples) -> tuple[list, list]:
    """Return the texts and the kind of each example."""
    if examples.labels is None:
        raise ValueError("expected labelled texts, to split them class by class")
    return list(zip(examples.texts, examples.second_texts or examples.texts)), _kinds(examples)


def _joins_rare(examples: Examples) -> bool:
    return examples.problem_type == "multi_label_classification"


def _kinds(examples: Examples) -> list:
    if examples.problem_type != "regression":
        return list(examples.labels)
    values = np.array(examples.labels)
    return np.searchsorted(np.quantile(values, np.arange(1, _BINS) / _BINS), values).tolist()
