"""Passages, the records of a corpus: consecutive sentences of one document, enough for a training row.

On disk a passage is a `tf.train.Example` of three integer features: `token_ids` (without special tokens),
`sentence_lengths` (they add up to the number of token ids) and `document` (its number in the corpus). A fourth,
`word_lengths` (they add up, too), is there where a segmenter has found the words.
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


def encode_passage(
    token_ids: np.ndarray, sentence_lengths: list[int], document: int, begins_word: np.ndarray | None = None
) -> bytes:
    """Serialise one passage as a `tf.train.Example`."""
    example = tf.train.Example()
    features = example.features.feature
    features["token_ids"].int64_list.value.extend(token_ids.tolist())
    features["sentence_lengths"].int64_list.value.extend(sentence_lengths)
    features["document"].int64_list.value.append(document)
    if begins_word is not None:
        starts = [0, *(np.flatnonzero(begins_word[1:]) + 1)]  # a passage may begin inside a word
        features["word_lengths"].int64_list.value.extend(np.diff(starts, append=len(token_ids)).tolist())
    return example.SerializeToString(deterministic=True)


_FEATURES = {
    "token_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int32),
    "sentence_lengths": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int32),
    "document": tf.io.FixedLenFeature([], tf.int64, default_value=-1),
}
_WORDS = {"word_lengths": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int32)}


def join_passages(passages: Passages, num_joined: int) -> Passages:
    """Join each passage with those behind it in the batch that are of its document.

    Args:
        passages: A batch of `num_joined` times as many passages: each with those that follow it in the corpus.
        num_joined: How many stand together.

    Example:
        >>> records = [encode_passage(np.arange(3), [2, 1], 7), encode_passage(np.arange(4), [4], 7), b""] * 2
        >>> join_passages(parse_passages(tf.constant(records)), 3).lengths.numpy().tolist()
        [7, 7]
    """
    documents, lengths = (tf.reshape(x, [-1, num_joined]) for x in (passages.documents, passages.lengths))
    is_same = documents == documents[:, :1]  # a document's passages stand together, so that these are the first ones
    return passages._replace(
        starts=passages.starts[::num_joined],
        lengths=tf.reduce_sum(tf.where(is_same, lengths, 0), axis=1),
        documents=documents[:, 0],
    )


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


def parse_words(serialized: tf.Tensor) -> tf.Tensor:
    """Parse which tokens begin a word, (tokens,) int32 of 0 and 1, of passages in whose corpus words were found.

    Args:
        serialized: (batch,) strings, as for `parse_passages`, whose `token_ids` have as many entries.

    Example:
        >>> begins_word = np.array([True, False, True])
        >>> records = tf.constant([encode_passage(np.arange(3), [3], 0, begins_word), b""])
        >>> parse_words(records).numpy().tolist()
        [1, 0, 1]
    """
    lengths = tf.io.parse_example(serialized, _WORDS)["word_lengths"].values
    starts = tf.cumsum(lengths, exclusive=True)
    return tf.scatter_nd(starts[:, tf.newaxis], tf.ones_like(starts, tf.int32), [tf.reduce_sum(lengths)])
