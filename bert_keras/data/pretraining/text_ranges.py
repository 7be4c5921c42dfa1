"""Which tokens of a passage a row takes: a window of whole sentences, in one piece or cut in two."""

from typing import NamedTuple

import tensorflow as tf

from bert_keras.data.corpus.passages import Passages


class TextRanges(NamedTuple):
    """Where texts stand in the token ids of a batch.

    Attributes:
        starts: (batch,) int32.
        lengths: (batch,) int32.
    """

    starts: tf.Tensor
    lengths: tf.Tensor


class Window(NamedTuple):
    """Whole sentences of a passage, all int32 of the same shape: token range, first and last sentence."""

    start: tf.Tensor
    stop: tf.Tensor
    first_sentence: tf.Tensor
    last_sentence: tf.Tensor


class Cut(NamedTuple):
    """Windows cut in two, (batch,) each.

    Attributes:
        first: The texts before the cut.
        second: The texts behind it.
        window: The windows.
        last_of_first: int32, the sentence that ends at the cut.
        is_inside: bool, whether the cut is inside a sentence.
    """

    first: TextRanges
    second: TextRanges
    window: Window
    last_of_first: tf.Tensor
    is_inside: tf.Tensor


def single_texts(passages: Passages, max_tokens: int, seed: tf.Tensor) -> TextRanges:
    """Take from each passage a text of at most `max_tokens`: RoBERTa's full sentences, without a partner.

    Args:
        passages: A parsed batch.
        max_tokens: The room of a row: `sequence_length` without special tokens.
        seed: (2,) integer seed of the batch.
    """
    noise = tf.random.stateless_uniform([2, tf.size(passages.starts)], seed, alg="philox")
    window = cover(passages, passages.starts, passages.lengths, max_tokens, noise[0])
    length = window.stop - window.start
    return shorten(TextRanges(window.start, length), tf.minimum(length, max_tokens), noise[1])


def cut_in_two(passages: Passages, max_tokens: int, noise: tf.Tensor) -> Cut:
    """Cut a window of each passage at a random sentence boundary, a single sentence anywhere inside.

    Args:
        passages: A parsed batch; rows of length 0 are filler.
        max_tokens: Tokens that a window holds, if the passage has as many; its last sentence may overshoot.
        noise: (2, batch) noise in [0, 1).
    """
    # A window of whole sentences, if the passage is longer than the row: all of it is seen over the epochs.
    window = cover(passages, passages.starts, passages.lengths, max_tokens, noise[0])
    num_boundaries = window.last_sentence - window.first_sentence
    last_of_first = window.first_sentence + _below(num_boundaries, noise[1])
    boundary = tf.gather(passages.sentence_ends, last_of_first)
    inside = window.start + 1 + _below(window.stop - window.start - 1, noise[1])
    is_one_sentence = num_boundaries <= 0
    boundary = tf.minimum(tf.where(is_one_sentence, inside, boundary), window.stop)
    first = TextRanges(window.start, boundary - window.start)
    second = TextRanges(boundary, window.stop - boundary)
    return Cut(first, second, window, last_of_first, is_one_sentence)


def cover(
    passages: Passages, starts: tf.Tensor, lengths: tf.Tensor, num_tokens: int | tf.Tensor, noise: tf.Tensor
) -> Window:
    """Return whole sentences, beginning at a random one, that hold `num_tokens` tokens if the passage has as many."""
    ends = passages.sentence_ends
    offset = starts + _below(lengths - num_tokens + 1, noise)
    first_sentence = _search(ends, offset, "right")
    start = tf.maximum(tf.gather(tf.concat([[0], ends], 0), first_sentence), starts)
    last_sentence = _search(ends, tf.minimum(start + num_tokens, starts + lengths), "left")
    stop = tf.minimum(tf.gather(ends, last_sentence), starts + lengths)
    return Window(start, stop, first_sentence, last_sentence)


def shorten(texts: TextRanges, lengths: tf.Tensor, noise: tf.Tensor) -> TextRanges:
    """Cut texts to the given lengths, all at the front or all at the back: one end stays a sentence's."""
    at_front = tf.cast(noise < 0.5, tf.int32)
    return TextRanges(texts.starts + at_front * (texts.lengths - lengths), lengths)


def _search(ends: tf.Tensor, tokens: tf.Tensor, side: str) -> tf.Tensor:
    """Return the sentence that a token is in ("right") or that ends at it or behind it ("left")."""
    found = tf.reshape(tf.searchsorted(ends, tf.reshape(tokens, [-1]), side), tf.shape(tokens))
    return tf.minimum(found, tf.size(ends) - 1)


def _below(limits: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Random integers in [0, limit), 0 where the limit is not positive."""
    limits = tf.maximum(limits, 1)
    return tf.minimum(tf.cast(noise * tf.cast(limits, tf.float32), tf.int32), limits - 1)
