"""Sentences of words as batches for a model; from the positions of a batch back to words, and to their characters."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bert_keras.data.batches.length_buckets import padded_lengths
from bert_keras.data.tagging.tokenized_words import TokenizedWords
from bert_keras.inference.rows_by_length import power_of_two


class WordBatch(NamedTuple):
    """Some windows of sentences.

    Attributes:
        x: the encoder's input, numpy arrays.
        sentences: (batch,) int, the number of the sentence that a row is of; -1 for a filler.
        words: (batch, length) int, the number in its sentence of the word whose first piece stands at a position; -1
            elsewhere.
        owned: (batch, length) bool, whether the window speaks for that word.
    """

    x: dict
    sentences: np.ndarray
    words: np.ndarray
    owned: np.ndarray


def word_batches(
    sentences: Sequence[Sequence[str]], tokenizer, sequence_length: int, batch_size: int
) -> Iterator[WordBatch]:
    """Cut sentences into windows, and put windows of like length together, in few shapes.

    Args:
        sentences: words of each sentence.
        tokenizer: see `bert_keras.data.tagging.tokenized_words.TokenizedWords`.
        sequence_length: longest row.
        batch_size: most rows in a batch.
    """
    if not any(map(len, sentences)):
        return
    tokenized = TokenizedWords(sentences, tokenizer, sequence_length)
    by_length = np.argsort(tokenized.row_lengths, kind="stable").astype("int32")
    for start in range(0, len(by_length), batch_size):
        numbers = by_length[start : start + batch_size]
        length = int(padded_lengths(tokenized.row_lengths[numbers].max(), sequence_length))
        words = np.full((min(power_of_two(len(numbers)), batch_size), length), -1)
        sentence_of, owned = np.full(len(words), -1), np.zeros(words.shape, bool)
        for row, i in enumerate(numbers):
            number, window = tokenized.windows[i]
            positions, sentence_of[row] = tokenized.positions_of_words(i), number
            words[row, positions] = np.arange(window.start, window.end)
            owned[row, positions[window.owned_start - window.start : window.owned_end - window.start]] = True
        padded = np.pad(numbers, (0, len(words) - len(numbers)), constant_values=-1)
        x = {name: value.numpy() for name, value in tokenized.rows(padded, length).items()}
        yield WordBatch(x, sentence_of, words, owned)


def characters_of_words(text: str, offsets: Sequence[tuple[int, int]], first: int, behind: int) -> dict:
    """The piece of a text that some of its words make up.

    Args:
        text: the text.
        offsets: where each word begins and ends in it.
        first: number of the first word.
        behind: the number behind that of the last word.

    Returns:
        dict of `text`, the characters, and of their `start` and `end`.
    """
    start, end = offsets[first][0], offsets[behind - 1][1]
    return {"text": text[start:end], "start": start, "end": end}
