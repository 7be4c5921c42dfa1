"""Sentences of words as rows in memory: each word cut by itself, and long sentences as windows."""

import logging
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.tagging.basic_tokens import learned_tokens
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.word_windows import word_windows
from bert_keras.data.tokenization.corpus_tokenizer import word_tokenizer
from bert_keras.data.tokenization.tokenizer import Tokenizer

_logger = logging.getLogger(__name__)
_WORDS_AT_A_TIME = 8192


class WordRows(TokenRows):
    """The words of sentences as pieces, in windows that fit into a row; a `Rows` without targets.

    A tokenizer that tells the first word of a text from others cuts each as if a space stood before it. Every word has
    at least one piece, `[UNK]` if the tokenizer finds nothing in it, and at most a row full. How many
    sentences need several windows is logged. `windows` has for each row its sentence's number and its `WordWindow`.

    Args:
        sentences: The words of each sentence.
        tokenizer: Turns a vector of strings into a RaggedTensor of ids.
        sequence_length: The longest row, special tokens included.
        overlap: Pieces that neighbouring windows of a sentence share; None for a quarter of a row.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[str]],
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        overlap: int | None = None,
    ):
        max_pieces = sequence_length - tokenizer.vocabulary.row_layout.num_special_tokens(1)
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
        nothing = np.zeros(0, np.int32)  # of no sentences
        self.first_pieces = np.concatenate([nothing, *first_pieces]).astype(np.int32)  # (words,) places in all pieces
        is_first = np.zeros(num_pieces + 1, bool)
        is_first[self.first_pieces] = True
        ranges = np.array(starts, np.int32), np.array(lengths, np.int32)
        super().__init__(
            np.concatenate([nothing, *token_ids]), ranges, None, tokenizer, sequence_length=sequence_length
        )
        with tf.device("CPU"):  # where the input pipeline runs
            self._is_first = tf.constant(is_first)
            self._owned = tf.constant(np.array(owned).reshape(-1, 2), tf.int32)

    def positions_of_words(self, window_number: int) -> np.ndarray:
        """Where in its row the first piece of each word of a window stands."""
        number, window = self.windows[window_number]
        begin = self._first_words[number]
        pieces = self.first_pieces[begin + window.start : begin + window.end]
        return pieces - (pieces[0] if len(pieces) else 0) + len(self.layout.begin)

    def words_at_positions(self, window_number: int, length: int) -> np.ndarray:
        """Tell the words of a row: (length,) int, the number of a word in its sentence where its first piece stands.

        Elsewhere stands -1.
        """
        words, (_, window) = np.full(length, -1), self.windows[window_number]
        words[self.positions_of_words(window_number)] = np.arange(window.start, window.end)
        return words

    def word_positions(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor]:
        """Find the first pieces of the words that some windows own, in the graph.

        Returns:
            (batch, length) bool, whether a first piece of an owned word stands there; and (batch, length) int32, the
            place of the position's piece in all pieces end to end.
        """
        safe = tf.maximum(numbers, 0)
        starts, owned = tf.gather(self._texts[0][0], safe)[:, tf.newaxis], tf.gather(self._owned, safe)
        source = starts + tf.range(length)[tf.newaxis] - len(self.layout.begin)  # (batch, length)
        is_owned = (source >= owned[:, :1]) & (source < owned[:, 1:]) & (numbers >= 0)[:, tf.newaxis]
        source = tf.where(is_owned, source, 0)
        return is_owned & tf.gather(self._is_first, source), source


class SentenceRows(WordRows):
    """Sentences whose words a model learns something of, as `Rows`.

    `sentences` are those whose words are in the rows, and `tokens` is the `BasicTokens` that they come from, None with
    `words="file"`.

    Args:
        sentences: From `read_tagged_sentences`, or `sentences_of_texts`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        words: What the model learns of: "basic", the basic tokens of the raw text, which are all that a predictor sees
            of it, so that `U.K.` is four; or "file", the words of `sentences`, for a model that will be given words cut
            alike. The model's `words` must say the same.
        overlap: Pieces that neighbouring windows of a sentence share; None for a quarter of a row.
    """

    def __init__(
        self,
        sentences: TaggedSentences,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        words: str = "basic",
        overlap: int | None = None,
    ):
        self.tokens = learned_tokens(sentences, words)
        self.sentences = sentences if self.tokens is None else self.tokens.sentences
        super().__init__(self.sentences.words, tokenizer, sequence_length=sequence_length, overlap=overlap)


def _pieces_of_words(words: set[str], tokenizer: Tokenizer, max_pieces: int) -> dict[str, np.ndarray]:
    """Return the pieces of each word of a set."""
    ordered, pieces, tokenizer = sorted(words), {}, word_tokenizer(tokenizer)
    for start in range(0, len(ordered), _WORDS_AT_A_TIME):
        some = ordered[start : start + _WORDS_AT_A_TIME]
        ids = tokenizer(some)
        flat, splits = ids.flat_values.numpy(), ids.row_splits.numpy()
        for word, begin, end in zip(some, splits[:-1], splits[1:], strict=True):
            found = flat[begin : min(end, begin + max_pieces)]
            pieces[word] = found if len(found) else np.array([tokenizer.vocabulary.unk_id], np.int32)
    return pieces
