"""What a user may pass as text (a string, lists, tensors of any rank), as the vectors that string ops work on."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Strings = str | bytes | Sequence | tf.Tensor | tf.RaggedTensor
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of a character, which UTF-8 cannot hold


def as_strings(texts: Strings) -> tf.Tensor | tf.RaggedTensor:
    """Make a string tensor; lone surrogates, which Python's strings may hold, become U+FFFD.

    Raises:
        ValueError: There is something else than strings.
    """
    if not tf.is_tensor(texts):
        try:
            texts = tf.constant(_without_surrogates(texts), tf.string)
        except (TypeError, ValueError) as error:
            raise ValueError(f"texts must be strings, received {texts!r:.100}") from error
    if texts.dtype != tf.string:
        raise ValueError(f"texts must be strings, received a tensor of {texts.dtype.name}")
    return texts


def for_any_rank(function: Callable[[tf.Tensor], Any], texts: Strings) -> Any:
    """Apply a function of (batch,) strings to texts of any rank.

    Args:
        function: Takes a (batch,) string tensor; returns a ragged tensor (batch, items), or a tuple of such.
        texts: One string, or a list or a dense or ragged tensor of strings.

    Returns:
        What `function` returns, with `batch` replaced by the dimensions of `texts`; for one string (items,).
    """
    with tf.device("CPU"):  # where strings live; an eager integer op among them would go to an accelerator and back
        texts = as_strings(texts)
        rank = texts.shape.rank
        if rank == 0:
            return tf.nest.map_structure(lambda result: result.values, function(texts[tf.newaxis]))
        if rank == 1:
            return function(texts)
        if isinstance(texts, tf.Tensor):
            texts = tf.RaggedTensor.from_tensor(texts, ragged_rank=rank - 1)
        return tf.nest.map_structure(texts.with_flat_values, function(texts.flat_values))


def _without_surrogates(texts):
    if isinstance(texts, str):
        return texts if texts.isascii() else _SURROGATES.sub("\ufffd", texts)
    return [_without_surrogates(text) for text in texts] if isinstance(texts, list | tuple) else texts
