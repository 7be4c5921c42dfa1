"""Next sentence prediction at training time: two texts out of passages, the second one really following or random.

BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) fixes its pairs when the files are made. Here a batch of
passages is cut anew each time it is read: half of the second texts are exchanged for text of another document in the
batch. Both kinds of pairs are as long, and begin and end alike, so that only what they say tells them apart.
"""

from typing import NamedTuple

import tensorflow as tf

from bert_keras.data.corpus.passages import Passages
from bert_keras.data.pretraining.text_ranges import TextRanges, cover, cut_in_two, shorten
from bert_keras.data.rows.encoder_inputs import truncate_longest_first

_CANDIDATES = 32  # for a random second text; one of them is as long as the true one, or nearly
_SENTENCE_WEIGHT = 4  # one sentence more or less counts as much as so many tokens
_PADDED = 1 << 20  # only if there is no other: padding where the true pair fills the row


def sentence_pairs(passages: Passages, max_tokens: int, seed: tf.Tensor) -> tuple[TextRanges, TextRanges, tf.Tensor]:
    """Make a pair of texts of each passage of a batch.

    A passage of two sentences or more is cut at a random sentence boundary, a single sentence anywhere inside. With
    probability 1/2 the second text is then exchanged for whole sentences of another document in the batch; where there
    is no other, the pair stays. Google's `create_pretraining_data.py` takes any sentences; here, of a few, those whose
    length comes nearest to the exchanged text's, for else the lengths tell the pairs apart. Last, as there, the longer
    text loses tokens at its front or its back until both fit.

    Args:
        passages: A parsed batch; rows of length 0 are filler.
        max_tokens: What both texts together may have: `sequence_length` without special tokens.
        seed: (2,) integer seed of the batch.

    Returns:
        First texts, second texts, and labels (batch,) int32: 0 = really follows, 1 = random.
    """
    batch_size = tf.size(passages.starts)
    # One draw for all: at the batches of a small machine, setting up a generator costs more than its numbers.
    noise = tf.random.stateless_uniform([6 + _CANDIDATES, batch_size], seed, alg="philox")

    cut = cut_in_two(passages, max_tokens, noise[:2])
    first, second, window = cut.first, cut.second, cut.window
    fills_row = window.stop - window.start >= max_tokens
    wanted = _Wanted(
        num_tokens=second.lengths,
        min_tokens=tf.where(fills_row, max_tokens - first.lengths, 0),
        num_sentences=tf.maximum(window.last_sentence - cut.last_of_first, 1),
        begins_inside=cut.is_inside,
    )
    other, is_found = _other_texts(passages, wanted, noise[5:])
    is_random = (noise[2] < 0.5) & is_found & (second.lengths > 0)
    second = TextRanges(*(tf.where(is_random, *parts) for parts in zip(other, second, strict=True)))
    kept_first, kept_second = truncate_longest_first(first.lengths, second.lengths, max_tokens)
    first, second = shorten(first, kept_first, noise[3]), shorten(second, kept_second, noise[4])
    return first, second, tf.cast(is_random, tf.int32)


class _Wanted(NamedTuple):
    """What a random second text should be like, (batch,) each: as the true one, and long enough to fill the row."""

    num_tokens: tf.Tensor
    min_tokens: tf.Tensor
    num_sentences: tf.Tensor
    begins_inside: tf.Tensor  # inside a sentence


def _other_texts(passages: Passages, wanted: _Wanted, noise: tf.Tensor) -> tuple[TextRanges, tf.Tensor]:
    """For each row text of another document, the nearest to what is wanted, and whether there is any."""
    batch_size = tf.size(wanted.num_tokens)
    shifts = tf.argsort(noise[0])[:_CANDIDATES, tf.newaxis]  # other rows, each at most once
    donors = (tf.range(batch_size) + shifts) % batch_size  # (candidates, batch)
    donor_starts, donor_lengths = tf.gather(passages.starts, donors), tf.gather(passages.lengths, donors)
    is_other = (tf.gather(passages.documents, donors) != passages.documents) & (donor_lengths > 0)

    window = cover(passages, donor_starts, donor_lengths, wanted.num_tokens, noise[1 : 1 + tf.shape(donors)[0]])
    target = window.start + wanted.num_tokens
    earlier = tf.gather(passages.sentence_ends, tf.maximum(window.last_sentence - 1, 0))
    is_enough = earlier - window.start >= tf.maximum(wanted.min_tokens, 1)
    is_earlier = is_enough & (target - earlier < window.stop - target)
    stop = tf.where(is_earlier, earlier, window.stop)
    start = tf.where(wanted.begins_inside, tf.maximum(stop - wanted.num_tokens, donor_starts), window.start)
    length, num_sentences = stop - start, window.last_sentence - window.first_sentence + tf.where(is_earlier, 0, 1)
    # Nearest in tokens alone would take short sentences, which make up any length, more often than they occur. With
    # both terms a linear probe on lengths, stops and cut ends tells 51 % of the pairs of presidential addresses right;
    # with Google's rule (any sentences, until there are enough) 58 %, and 71 % where rows are longer than passages.
    distance = tf.abs(length - wanted.num_tokens) + _SENTENCE_WEIGHT * tf.abs(num_sentences - wanted.num_sentences)
    distance += tf.where(length < wanted.min_tokens, _PADDED, 0)
    best = tf.argmin(tf.where(is_other, distance, tf.int32.max), axis=0, output_type=tf.int32)
    best = tf.stack([best, tf.range(batch_size)], axis=1)
    start, stop = tf.gather_nd(start, best), tf.gather_nd(stop, best)
    return TextRanges(start, stop - start), tf.reduce_any(is_other, axis=0)
