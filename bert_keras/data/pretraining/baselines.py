"""What a guess reaches without a model: the number that a trained one must beat."""

import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def unigram_accuracy(dataset: tf.data.Dataset, token_id: int, *, num_batches: int | None = None) -> float:
    """Return the masked accuracy of answering always the same token.

    Args:
        dataset: Pretraining batches, from `pretraining_dataset`.
        token_id: The most frequent token of the *training* corpus, `CorpusReport.most_frequent_id`.
        num_batches: How many batches to look at; None for all of a finite dataset.

    Returns:
        Share of the masked tokens that are `token_id`.

    Raises:
        ValueError: If no token is masked.

    Example:
        >>> batch = ({}, {"mlm": [[5, 6, 5]]}, {"mlm": [[1.0, 1.0, 0.0]]})
        >>> unigram_accuracy(tf.data.Dataset.from_tensors(batch), token_id=5)
        0.5
    """
    right = total = 0.0
    for _, labels, weights in itertools.islice(dataset.as_numpy_iterator(), num_batches):
        right += float(np.sum(weights["mlm"] * (labels["mlm"] == token_id)))
        total += float(np.sum(weights["mlm"]))
    if not total:
        raise ValueError("no masked token in the dataset")
    return right / total


def majority_accuracy(labels: Sequence[int]) -> float:
    """Return the accuracy of answering always the most frequent class.

    Args:
        labels: (examples,) class numbers.

    Example:
        >>> majority_accuracy([0, 1, 1, 1])
        0.75
    """
    return float(np.bincount(labels).max() / len(labels))
