"""Sentence order prediction at training time: two texts that follow each other, in order or exchanged.

ALBERT (Lan et al. 2020, https://arxiv.org/abs/1909.11942, section 3.1) asks for the order of two texts of one document,
which no word of their topic tells. As the pairs of next sentence prediction, they are cut anew each time.
"""

import tensorflow as tf

from bert_keras.data.corpus.passages import Passages
from bert_keras.data.pretraining.text_ranges import TextRanges, cut_in_two, shorten
from bert_keras.data.rows.encoder_inputs import truncate_longest_first


def ordered_pairs(passages: Passages, max_tokens: int, seed: tf.Tensor) -> tuple[TextRanges, TextRanges, tf.Tensor]:
    """Make a pair of texts of each passage of a batch, exchanged with probability 1/2.

    A passage of two sentences or more is cut at a random sentence boundary, a single sentence anywhere inside. Before
    they are exchanged, the longer text loses tokens until both fit, at its front or its back: were it always the outer
    end, a row that begins inside a sentence would be known to be in order.

    Args:
        passages: A parsed batch; rows of length 0 are filler.
        max_tokens: What both texts together may have: `sequence_length` without special tokens.
        seed: (2,) integer seed of the batch.

    Returns:
        First texts, second texts, and labels (batch,) int32: 0 = in order, 1 = exchanged, the sense of Google's ALBERT
        (whose `create_pretraining_data.py` calls an exchanged pair `is_random_next`) and of `sentence_order_label` in
        transformers.
    """
    noise = tf.random.stateless_uniform([5, tf.size(passages.starts)], seed, alg="philox")
    cut = cut_in_two(passages, max_tokens, noise[:2])
    kept_first, kept_second = truncate_longest_first(cut.first.lengths, cut.second.lengths, max_tokens)
    first, second = shorten(cut.first, kept_first, noise[2]), shorten(cut.second, kept_second, noise[3])
    is_exchanged = (noise[4] < 0.5) & (second.lengths > 0)
    exchanged = [
        TextRanges(*(tf.where(is_exchanged, *p) for p in zip(*pair))) for pair in ((second, first), (first, second))
    ]
    return *exchanged, tf.cast(is_exchanged, tf.int32)
