"""Next sentence prediction at training time: two texts out of passages, the second one really following or random.

BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) fixes its pairs when the files are made. Here a batch of
passages is cut anew each time it is read: half of the second texts are exchanged for text of another document in the
batch. Both kinds of pairs are as long, and begin and end alike, so that only what they say tells them apart.
"""

from typing import NamedTuple

import tensorflow as tf

from bert_keras.data.encoder_inputs import truncate_longest_first
from bert_keras.data.passages import Passages


class TextRanges(NamedTuple):
    """Where texts stand in the token ids of a batch.

    Attributes:
        starts: (batch,) int32.
        lengths: (batch,) int32.
    """

    starts: tf.Tensor
    lengths: tf.Tensor


def single_texts(passages: Passages, max_tokens: int, seed: tf.Tensor) -> TextRanges:
    """Takes from each passage a text of at most `max_tokens`: RoBERTa's full sentences, without a partner.

    Args:
        passages: A parsed batch.
        max_tokens: `sequence_length - 2`.
        seed: (2,) integer seed of the batch.
    """
    noise = tf.random.stateless_uniform([2, tf.size(passages.starts)], seed, alg="philox")
    window = _cover(passages, passages.starts, passages.lengths, max_tokens, noise[0])
    length = window.stop - window.start
    return _shorten(TextRanges(window.start, length), tf.minimum(length, max_tokens), noise[1])


def sentence_pairs(passages: Passages, max_tokens: int, seed: tf.Tensor) -> tuple[TextRanges, TextRanges, tf.Tensor]:
    """Makes a pair of texts of each passage of a batch.

    A passage of two sentences or more is cut at a random sentence boundary, a single sentence anywhere inside. With
    probability 1/2 the second text is then exchanged for one of about the same length from a passage of another
    document; where the batch has none, the pair stays. Last, the longer text loses tokens at its front or its back
    until both fit, as in Google's `create_pretraining_data.py`.

    Args:
        passages: A parsed batch; rows of length 0 are filler.
        max_tokens: What both texts together may have: `sequence_length - 3`.
        seed: (2,) integer seed of the batch.

    Returns:
        First texts, second texts, and labels (batch,) int32: 0 = really follows, 1 = random.
    """
    starts, lengths, batch_size = passages.starts, passages.lengths, tf.size(passages.starts)
    # One draw for all: at the batches of a small machine, setting up a generator costs more than its numbers.
    noise = tf.random.stateless_uniform([6 + batch_size, batch_size], seed, alg="philox")

    # A window of whole sentences, if the passage is longer than the row: all of it is seen over the epochs.
    window = _cover(passages, starts, lengths, max_tokens, noise[0])
    num_boundaries = window.last_sentence - window.first_sentence
    boundary = tf.gather(passages.sentence_ends, window.first_sentence + _below(num_boundaries, noise[1]))
    inside = window.start + 1 + _below(window.stop - window.start - 1, noise[1])
    is_one_sentence = num_boundaries <= 0
    boundary = tf.minimum(tf.where(is_one_sentence, inside, boundary), window.stop)
    second_length = window.stop - boundary

    # The exchange. Its text covers the length of the text it replaces: else padding would give the label away.
    donor, has_donor = _other_document(passages, noise[6:])
    labels = tf.cast((noise[2] < 0.5) & has_donor & (second_length > 0), tf.int32)
    other = _cover(passages, tf.gather(starts, donor), tf.gather(lengths, donor), second_length, noise[3])
    # Where the true second text begins inside a sentence, the random one must, too.
    other_start = tf.where(is_one_sentence, other.offset, other.start)
    second = TextRanges(
        tf.where(labels == 1, other_start, boundary),
        tf.where(labels == 1, other.stop - other_start, second_length),
    )
    first = TextRanges(window.start, boundary - window.start)
    kept_first, kept_second = truncate_longest_first(first.lengths, second.lengths, max_tokens)
    return _shorten(first, kept_first, noise[4]), _shorten(second, kept_second, noise[5]), labels


class _Window(NamedTuple):
    """Whole sentences of a passage; `offset` is the random token that chose the first of them. All (batch,) int32."""

    offset: tf.Tensor
    start: tf.Tensor
    stop: tf.Tensor
    first_sentence: tf.Tensor
    last_sentence: tf.Tensor


def _cover(passages: Passages, starts: tf.Tensor, lengths: tf.Tensor, num_tokens, noise: tf.Tensor) -> _Window:
    """Whole sentences, beginning at a random one, that hold `num_tokens` tokens if the passage has as many."""
    ends = passages.sentence_ends
    last_index = tf.size(ends) - 1
    offset = starts + _below(lengths - num_tokens + 1, noise)
    first_sentence = tf.minimum(tf.searchsorted(ends, offset, side="right"), last_index)
    start = tf.maximum(tf.gather(tf.concat([[0], ends], 0), first_sentence), starts)
    needed = tf.minimum(start + num_tokens, starts + lengths)
    last_sentence = tf.minimum(tf.searchsorted(ends, needed, side="left"), last_index)
    stop = tf.minimum(tf.gather(ends, last_sentence), starts + lengths)
    return _Window(offset, start, stop, first_sentence, last_sentence)


def _other_document(passages: Passages, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """For each row a random row of another document, and whether there is one."""
    documents = passages.documents
    is_allowed = (documents[:, tf.newaxis] != documents) & (passages.lengths > 0)  # (batch, batch)
    donor = tf.argmax(tf.where(is_allowed, noise, -1.0), axis=1, output_type=tf.int32)
    return donor, tf.reduce_any(is_allowed, axis=1)


def _shorten(texts: TextRanges, lengths: tf.Tensor, noise: tf.Tensor) -> TextRanges:
    """Cuts texts to the given lengths, all at the front or all at the back: one end stays a sentence's."""
    at_front = tf.cast(noise < 0.5, tf.int32)
    return TextRanges(texts.starts + at_front * (texts.lengths - lengths), lengths)


def _below(limits: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Random integers in [0, limit), 0 where the limit is not positive."""
    limits = tf.maximum(limits, 1)
    return tf.minimum(tf.cast(noise * tf.cast(limits, tf.float32), tf.int32), limits - 1)
