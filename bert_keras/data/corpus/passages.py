"""Passages, the records of a corpus: consecutive sentences of one document, enough for a training row.

On disk a passage is a `tf.train.Example` of three integer features: `token_ids` (without special tokens),
`sentence_lengths` (they add up to the number of token ids) and `document` (its number in the corpus).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Passages(NamedTuple):
    """A batch of passages, their tokens laid end to end.

    Attributes:
        token_ids: (tokens,) int32, all passages of the batch one after the other.
        starts: (batch,) int32, where a passage begins in `token_ids`.
        lengths: (batch,) int32, its number of tokens.
        sentence_ends: (sentences,) int32, where each sentence of the batch ends in `token_ids`; ascending.
        documents: (batch,) int32, the document a passage is from.
    """

    token_ids: tf.Tensor
    starts: tf.Tensor
    lengths: tf.Tensor
    sentence_ends: tf.Tensor
    documents: tf.Tensor


def gather_passages(
    sentence_lengths: Iterable[int], passage_tokens: int, *, in_company: bool = False
) -> list[list[int]]:
    """Group the sentences of a document into passages of at least `passage_tokens` tokens.

    As in Google's `create_pretraining_data.py` the last sentence may overshoot. A sentence longer than
    `passage_tokens` is cut into equal pieces, so that nothing is lost; the last passage of a document may be short.

    Args:
        sentence_lengths: Tokens of each sentence; empty sentences are left out.
        passage_tokens: How many tokens close a passage.
        in_company: Whether a last passage of one sentence goes to the one before it.

    Returns:
        For each passage the lengths of its sentences (or pieces).

    Example:
        >>> gather_passages([4, 5, 3, 0, 25, 2], passage_tokens=8)
        [[4, 5], [3, 7], [6, 6], [6, 2]]
    """
    passages, passage, num_tokens = [], [], 0
    for length in sentence_lengths:
        num_pieces = -(-length // passage_tokens)
        for piece in range(num_pieces):
            piece_length = (length + num_pieces - 1 - piece) // num_pieces
            passage.append(piece_length)
            num_tokens += piece_length
            if num_tokens >= passage_tokens:
                passages.append(passage)
                passage, num_tokens = [], 0
    if in_company and len(passage) == 1 and passages:
        passages[-1] += passage
    elif passage:
        passages.append(passage)
    return passages


def encode_passage(token_ids: np.ndarray, sentence_lengths: list[int], document: int) -> bytes:
    """Serialise one passage as a `tf.train.Example`."""
    example = tf.train.Example()
    features = example.features.feature
    features["token_ids"].int64_list.value.extend(token_ids.tolist())
    features["sentence_lengths"].int64_list.value.extend(sentence_lengths)
    features["document"].int64_list.value.append(document)
    return example.SerializeToString(deterministic=True)


_FEATURES = {
    "token_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int32),
    "sentence_lengths": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int32),
    "document": tf.io.FixedLenFeature([], tf.int64, default_value=-1),
}


def parse_passages(serialized: tf.Tensor) -> Passages:
    """Parse serialised passages, (batch,) strings, in the graph; an empty string gives no tokens and document -1."""
    parsed = tf.io.parse_example(serialized, _FEATURES)
    splits = parsed["token_ids"].row_splits
    return Passages(
        token_ids=tf.cast(parsed["token_ids"].values, tf.int32),
        starts=splits[:-1],
        lengths=splits[1:] - splits[:-1],
        # Passages lie end to end, so one running sum over all of them gives every sentence's end.
        sentence_ends=tf.cast(tf.cumsum(parsed["sentence_lengths"].values), tf.int32),
        documents=tf.cast(parsed["document"], tf.int32),
    )
