"""Sentences of words as batches for a model; from the positions of a batch back to words, and to their characters."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference.length_batches import length_batches


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
    """Cut sentences into windows, and put windows of like length together.

    Args:
        sentences: words of each sentence.
        tokenizer: see `bert_keras.data.tagging.word_rows.WordRows`.
        sequence_length: longest row.
        batch_size: most rows in a batch.
    """
    if not any(map(len, sentences)):
        return
    tokenized = WordRows(sentences, tokenizer, sequence_length=sequence_length)
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    for numbers, length in length_batches(tokenized.row_lengths, **sizes):
        words = np.full((len(numbers), length), -1)
        sentence_of, owned = np.full(len(words), -1), np.zeros(words.shape, bool)
        for row, i in enumerate(numbers[numbers >= 0]):
            number, window = tokenized.windows[i]
            positions, sentence_of[row] = tokenized.positions_of_words(i), number
            words[row, positions] = np.arange(window.start, window.end)
            owned[row, positions[window.owned_start - window.start : window.owned_end - window.start]] = True
        x = {name: value.numpy() for name, value in tokenized.inputs(numbers, length).items()}
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
