"""Texts as rows in memory: tokenized once, in big batches, then addressed by number."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.autotuner import without_autotuner
from bert_keras.data.rows.encoder_inputs import truncate_longest_first
from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.tokenization.string_tensors import as_strings
from bert_keras.data.tokenization.tokenizer import Tokenizer

_logger = logging.getLogger(__name__)
_TEXTS_AT_A_TIME = 1024
_MANY_UNKNOWN = 0.2  # share of tokens; of texts in the language of a vocabulary it is below a hundredth


class TokenizedTexts(TokenRows):
    """Texts, or pairs of texts, as rows, tokenized once, in big batches; a `Rows` without targets.

    Longer ones are cut, of a pair the longer text first. How many are cut is logged.

    Args:
        texts: The (first) texts.
        second_texts: The second texts of pairs; None for single texts.
        tokenizer: Turns a vector of strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row, special tokens included.
    """

    def __init__(
        self, texts: Sequence[str], second_texts: Sequence[str] | None, tokenizer: Tokenizer, *, sequence_length: int
    ):
        num_specials = tokenizer.vocabulary.row_layout.num_special_tokens(1 if second_texts is None else 2)
        room = sequence_length - num_specials
        token_ids, starts, lengths = tokenize_all(texts, tokenizer)
        if second_texts is None:
            seconds, kept, needed = None, np.minimum(lengths, room), lengths
        else:
            second_ids, second_starts, second_lengths = tokenize_all(second_texts, tokenizer)
            kept, kept_second = (part.numpy() for part in truncate_longest_first(lengths, second_lengths, room))
            needed = lengths + second_lengths
            seconds = second_starts + len(token_ids), kept_second
            token_ids = np.concatenate([token_ids, second_ids])
        super().__init__(token_ids, (starts, kept), seconds, tokenizer, sequence_length=sequence_length)
        if num_cut := int((self.row_lengths < needed + num_specials).sum()):
            what = "texts" if second_texts is None else "pairs of texts"
            _logger.warning(
                "%d of %d %s are longer than sequence_length=%d and were cut; the longest needs %d",
                num_cut, len(needed), what, sequence_length, int(needed.max()) + num_specials,
            )  # fmt: skip


def tokenize_all(texts: Sequence[str], tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokenize many texts in big batches.

    Args:
        texts: The texts.
        tokenizer: From a vector of strings to a ragged tensor of ids.

    Returns:
        Token ids end to end, starts and lengths of the texts among them, int32.
    """
    (token_ids,), starts, lengths = _tokenize(texts, lambda texts: [tokenizer(texts)])
    _warn_of_unknown(token_ids, tokenizer)
    return token_ids, starts, lengths


def tokenize_all_with_offsets(
    texts: Sequence[str], tokenizer: Tokenizer
) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Tokenize many texts in big batches, and say which characters each token comes from.

    Args:
        texts: The texts.
        tokenizer: Has `tokenize_with_offsets`.

    Returns:
        (token ids, first characters, last characters + 1) end to end; starts and lengths of the texts; int32.
    """
    flat, starts, lengths = _tokenize(texts, lambda texts: list(tokenizer.tokenize_with_offsets(texts)))
    _warn_of_unknown(flat[0], tokenizer)
    return flat, starts, lengths


def _warn_of_unknown(token_ids: np.ndarray, tokenizer):
    vocabulary = tokenizer.vocabulary
    num_unknown = int((token_ids == vocabulary.unk_id).sum())
    if num_unknown > _MANY_UNKNOWN * len(token_ids):
        _logger.warning(
            "%d of %d tokens are %s: is the vocabulary one of the texts' language?",
            num_unknown, len(token_ids), vocabulary.tokens[vocabulary.unk_id],
        )  # fmt: skip


def _tokenize(texts: Sequence[str], function: Callable) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Return what a function from strings to equally ragged tensors gives: flat values, starts, lengths of texts."""
    with tf.device("CPU"):
        texts = as_strings(list(texts))
        if texts.shape.rank != 1:
            raise ValueError(f"expected a list of texts, received one of shape {texts.shape}")
        if len(texts) <= _TEXTS_AT_A_TIME:  # one batch: making a graph of it would take longer than its work
            batches = [tuple(function(texts))]
        else:
            batches = tf.data.Dataset.from_tensor_slices(texts).batch(_TEXTS_AT_A_TIME)
            batches = batches.map(lambda texts: tuple(function(texts)), tf.data.AUTOTUNE, deterministic=True)
            batches = without_autotuner(batches)
    values, lengths = [], []
    for parts in batches:
        values.append([part.flat_values.numpy() for part in parts])
        lengths.append(np.diff(parts[0].row_splits.numpy()).astype(np.int32))
    lengths = np.concatenate(lengths)
    flat = tuple(np.concatenate(part) for part in zip(*values, strict=True))
    return flat, np.cumsum(lengths, dtype=np.int32) - lengths, lengths
