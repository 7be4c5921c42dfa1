"""Ids back to the tokens' strings: what all kinds of tokenizers share when they join tokens to text."""

import re
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def gather_tokens(
    tokens: tf.Tensor, ids: Sequence | np.ndarray | tf.Tensor | tf.RaggedTensor, is_skipped: tf.Tensor | None = None
) -> tf.Tensor | tf.RaggedTensor:
    """Look up the strings of ids.

    Args:
        tokens: (vocabulary,) strings.
        ids: (..., tokens) integers: a list, an array, a dense or a ragged tensor.
        is_skipped: (vocabulary,) bool, which tokens to leave out; None for none.

    Returns:
        (..., tokens) strings, ragged where tokens are left out.

    Raises:
        ValueError: An id is beyond the vocabulary; inside a graph, TensorFlow's `InvalidArgumentError`.

    Example:
        >>> gather_tokens(tf.constant(["a", "b"]), [1, 0, 1]).numpy().tolist()
        [b'b', b'a', b'b']
    """
    if not tf.is_tensor(ids):
        ids = tf.ragged.constant(ids, tf.int32) if isinstance(ids, list) else tf.constant(ids)
    try:
        found = tf.gather(tokens, ids)
    except tf.errors.InvalidArgumentError as error:
        wrong = re.search(r"indices\S* = (-?\d+)", error.message)[1]
        raise ValueError(f"token id {wrong} is not in the vocabulary: expected 0 to {len(tokens) - 1}") from error
    return found if is_skipped is None else tf.ragged.boolean_mask(found, ~tf.gather(is_skipped, ids))
