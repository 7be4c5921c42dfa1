"""Sentences of words as token ids in memory: each word cut by itself, long sentences as windows, rows in the graph."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.batches.encoder_inputs import assemble_rows
from bert_keras.data.tagging.word_windows import word_windows

_logger = logging.getLogger(__name__)
_WORDS_AT_A_TIME = 8192


class TokenizedWords:
    """The words of sentences as pieces, in windows that fit into a row.

    Every word has at least one piece, `[UNK]` if the tokenizer finds nothing in it, and at most a row full. How many
    sentences need several windows is logged.

    Args:
        sentences: The words of each sentence.
        tokenizer: Turns a vector of strings into a RaggedTensor of ids.
        sequence_length: The longest row, special tokens included.
        overlap: Pieces that neighbouring windows of a sentence share; None for a quarter of a row.

    Attributes:
        row_lengths: (windows,) numpy int, the length of the row that each window needs.
        windows: For each window its sentence's number and its `WordWindow`.
        num_words: Words of all sentences.
    """

    def __init__(
        self, sentences: Sequence[Sequence[str]], tokenizer: Callable, sequence_length: int, overlap: int | None = None
    ):
        self._layout = tokenizer.vocabulary.row_layout
        num_specials = self._layout.num_special_tokens(1)
        max_pieces = sequence_length - num_specials
        overlap = max_pieces // 4 if overlap is None else overlap
        pieces = _pieces_of_words({word for words in sentences for word in words}, tokenizer, max_pieces)
        token_ids, first_pieces, self.windows, starts, lengths, owned = [], [], [], [], [], []
        num_pieces, self._first_words = 0, np.cumsum([0, *map(len, sentences)])
        for number, words in enumerate(sentences):
            counts = [len(pieces[word]) for word in words]
            begins = num_pieces + np.cumsum([0, *counts])
            for window in word_windows(counts, max_pieces, overlap):
                self.windows.append((number, window))
                starts.append(begins[window.start])
                lengths.append(begins[window.end] - begins[window.start])
                owned.append((begins[window.owned_start], begins[window.owned_end]))
            token_ids += [pieces[word] for word in words]
            first_pieces.append(begins[:-1])
            num_pieces = begins[-1]
        if len(self.windows) > len(sentences):
            long = {number for number, window in self.windows if window.start > 0}
            _logger.info("%d of %d sentences need several windows of %d tokens", len(long), len(sentences), max_pieces)
        self.first_pieces = np.concatenate(first_pieces).astype(np.int32)  # (words,) places in all pieces end to end
        self.num_words = len(self.first_pieces)
        self.row_lengths = np.array(lengths) + num_specials
        is_first = np.zeros(num_pieces, bool)
        is_first[self.first_pieces] = True
        with tf.device("CPU"):  # where the input pipeline runs
            self._token_ids = tf.constant(np.concatenate([*token_ids, [self._layout.pad_id]]), tf.int32)
            self._is_first = tf.constant(np.append(is_first, False))
            self._ranges = tuple(tf.constant(np.array(part), tf.int32) for part in (starts, lengths))
            self._owned = tf.constant(np.array(owned), tf.int32)

    def positions_of_words(self, window_number: int) -> np.ndarray:
        """Where in its row the first piece of each word of a window stands."""
        number, window = self.windows[window_number]
        begin = self._first_words[number]
        pieces = self.first_pieces[begin + window.start : begin + window.end]
        return pieces - (pieces[0] if len(pieces) else 0) + len(self._layout.begin)

    def rows(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """Makes the encoder's input of some windows, in the graph; -1 gives a row of special tokens only."""
        starts, lengths = (tf.gather(part, tf.maximum(numbers, 0)) for part in self._ranges)
        lengths = tf.where(numbers >= 0, lengths, 0)
        return assemble_rows(self._token_ids, (starts, lengths), None, length, self._layout)

    def word_positions(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor]:
        """Finds the first pieces of the words that some windows own, in the graph.

        Returns:
            (batch, length) bool, whether a first piece of an owned word stands there; and (batch, length) int32, the
            place of the position's piece in all pieces end to end.
        """
        safe = tf.maximum(numbers, 0)
        starts, owned = tf.gather(self._ranges[0], safe)[:, tf.newaxis], tf.gather(self._owned, safe)
        source = starts + tf.range(length)[tf.newaxis] - len(self._layout.begin)  # (batch, length)
        is_owned = (source >= owned[:, :1]) & (source < owned[:, 1:]) & (numbers >= 0)[:, tf.newaxis]
        source = tf.where(is_owned, source, 0)
        return is_owned & tf.gather(self._is_first, source), source


def _pieces_of_words(words: set[str], tokenizer: Callable, max_pieces: int) -> dict[str, np.ndarray]:
    """The pieces of each word of a set."""
    ordered, pieces = sorted(words), {}
    for start in range(0, len(ordered), _WORDS_AT_A_TIME):
        some = ordered[start : start + _WORDS_AT_A_TIME]
        ids = tokenizer(some)
        flat, splits = ids.flat_values.numpy(), ids.row_splits.numpy()
        for word, begin, end in zip(some, splits[:-1], splits[1:], strict=True):
            found = flat[begin : min(end, begin + max_pieces)]
            pieces[word] = found if len(found) else np.array([tokenizer.vocabulary.unk_id], np.int32)
    return pieces
