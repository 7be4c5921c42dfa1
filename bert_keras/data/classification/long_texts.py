"""Long texts as overlapping pieces: each is classified on its own, and the text by the mean of their logits."""

import dataclasses

import numpy as np

from bert_keras.data.classification.examples import Examples
from bert_keras.data.rows.tokenized_texts import tokenize_all_with_offsets
from bert_keras.data.tokenization.tokenizer import Tokenizer


def cut_long_texts(
    examples: Examples, tokenizer: Tokenizer, *, sequence_length: int, stride: int | None = None
) -> tuple[Examples, np.ndarray]:
    """Cut texts that do not fit into a row into pieces that do, at the beginnings of words.

    A piece has its text's label, and all pieces of a text weigh as much together as the text.

    Args:
        examples: Single texts.
        tokenizer: A `WordPieceTokenizer`.
        sequence_length: The longest row, special tokens included.
        stride: Tokens between the beginnings of two pieces; None for three quarters of a row.

    Returns:
        The pieces, in the order of the texts, and (pieces,) int, the number of the text that each comes from: for
        `pool_pieces`.

    Raises:
        ValueError: For pairs, or a stride that would leave tokens out.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "##s"])
        >>> examples = Examples(("a b c as bs c", "a"))
        >>> pieces, text_of = cut_long_texts(examples, tokenizer, sequence_length=6, stride=3)
        >>> pieces.texts, text_of.tolist()
        (('a b c', 'as bs', 'bs c', 'a'), [0, 0, 0, 1])
    """
    num_specials = tokenizer.vocabulary.row_layout.num_special_tokens(1)
    room = sequence_length - num_specials
    stride = max(1, 3 * room // 4) if stride is None else stride
    if examples.second_texts is not None:
        raise ValueError("pieces of long texts are for single texts; pairs are cut to sequence_length")
    if not 1 <= stride <= room:
        raise ValueError(f"stride must be from 1 to sequence_length - {num_specials} = {room}, received {stride}")
    (ids, starts, ends), text_starts, text_lengths = tokenize_all_with_offsets(examples.texts, tokenizer)
    continues = tokenizer.vocabulary.continues_word[ids]
    texts, text_of = [], []
    for number, (text, begin, length) in enumerate(zip(examples.texts, text_starts, text_lengths)):
        tokens = slice(begin, begin + length)
        for first, last in _pieces(continues[tokens], room, stride):
            texts.append(text if length <= room else text[starts[begin + first] : ends[begin + last - 1]])
            text_of.append(number)
    text_of = np.array(text_of)
    weights = np.ones(len(examples)) if examples.weights is None else np.array(examples.weights)
    weights = (weights / np.bincount(text_of))[text_of]
    labels = None if examples.labels is None else tuple(examples.labels[number] for number in text_of)
    places = examples.places and tuple(examples.places[number] for number in text_of)
    changed = dict(texts=tuple(texts), labels=labels, weights=tuple(map(float, weights)), places=places)
    return dataclasses.replace(examples, **changed), text_of


def pool_pieces(outputs: np.ndarray, text_of: np.ndarray) -> np.ndarray:
    """Return the mean of the outputs of each text's pieces.

    Args:
        outputs: (pieces, ...) floats; further rows, fillers of a last batch, are left out.
        text_of: (pieces,) int, from `cut_long_texts`.

    Returns:
        (texts, ...) float32.

    Example:
        >>> pool_pieces(np.array([[1.0], [3.0], [5.0], [9.0]]), np.array([0, 0, 1])).tolist()
        [[2.0], [5.0]]
    """
    outputs = np.asarray(outputs, np.float32)[: len(text_of)]
    _, begins, counts = np.unique(text_of, return_index=True, return_counts=True)
    return np.add.reduceat(outputs, begins) / counts.reshape(-1, *[1] * (outputs.ndim - 1)).astype(np.float32)


def _pieces(continues: np.ndarray, room: int, stride: int) -> list[tuple[int, int]]:
    """Ranges of at most `room` tokens that begin at words; one as long as the text where it fits."""
    if len(continues) <= room:
        return [(0, len(continues))]
    word_starts = np.concatenate([[0], 1 + np.flatnonzero(~continues[1:]), [len(continues)]])
    pieces, first = [], 0
    while True:
        last = _last_at_most(word_starts, first + room, first)
        pieces.append((first, last))
        if last == len(continues):
            return pieces
        first = min(_last_at_most(word_starts, first + stride, first), last)


def _last_at_most(word_starts: np.ndarray, limit: int, first: int) -> int:
    """Return the last beginning of a word up to `limit`; `limit` itself inside a word as long as the row."""
    start = int(word_starts[np.searchsorted(word_starts, limit, side="right") - 1])
    return start if start > first else limit
