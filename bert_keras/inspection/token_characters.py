"""Which characters of the raw texts each token of a row comes from."""

import functools
from collections.abc import Sequence

import numpy as np

from bert_keras.data import PromptRows, QuestionWindows, RelationRows, Rows, Tokenizer
from bert_keras.data.rows.encoder_inputs import truncate_longest_first
from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.tagging.word_rows import WordRows

NOWHERE = (-1, 0, 0)


@functools.singledispatch
def token_characters(rows: Rows, number: int, length: int, texts: Sequence[str]) -> np.ndarray:
    """Find the characters of each token of a row.

    Rows of a class of your own can be taught by `token_characters.register`.

    Args:
        rows: Of a task of this package, or another `TokenRows` of whole texts.
        number: The row's.
        length: Tokens of the row, padding included.
        texts: The raw texts of the row, one or two.

    Returns:
        (length, 3) int32: the number of the text, the first character and the one after the last; -1, 0, 0 for special
        tokens and padding.

    Raises:
        TypeError: For rows that do not say what their tokens are.
    """
    raise TypeError(
        f"The tokens of {type(rows).__name__} are not known: make rows that are TokenizedTexts, or teach "
        "bert_keras.inspection.token_characters.token_characters by its `register`."
    )


@token_characters.register
def _of_whole_texts(rows: TokenRows, number: int, length: int, texts: Sequence[str]) -> np.ndarray:
    """Of texts that stand in the row from their beginning, as far as they fit."""
    found = [_tokens(rows.tokenizer, text)[1] for text in texts]
    room = rows.sequence_length - rows.layout.num_special_tokens(len(texts))
    kept = [min(len(found[0]), room)]
    if len(texts) == 2:
        kept = [int(part[0]) for part in truncate_longest_first(*(np.array([len(some)]) for some in found), room)]
    places, begin = np.full((length, 3), NOWHERE, np.int32), len(rows.layout.begin)
    for text_number, (characters, count) in enumerate(zip(found, kept, strict=True)):
        places[begin : begin + count] = _in_text(text_number, characters[:count])
        begin += count + len(rows.layout.between)
    return places


@token_characters.register
def _of_prompt(rows: PromptRows, number: int, length: int, texts: Sequence[str]) -> np.ndarray:
    """Of a source, from its beginning, or of a text that is gone on in, as far back as it fits."""
    characters = _tokens(rows.tokenizer, texts[0])[1]
    count = int(rows.row_lengths[number]) - rows.layout.num_special_tokens(1)
    first, begin = (0 if rows.layout.end else len(characters) - count), len(rows.layout.begin)
    places = np.full((length, 3), NOWHERE, np.int32)
    places[begin : begin + count] = _in_text(0, characters[first : first + count])
    return places


@token_characters.register
def _of_words(rows: WordRows, number: int, length: int, texts: Sequence[str]) -> np.ndarray:
    """Of words that were cut one by one: each piece has the characters of its word."""
    sentence, window = rows.windows[number]
    offsets = (rows.sentences if hasattr(rows, "sentences") else rows.examples).offsets[sentence]
    firsts = rows.positions_of_words(number)
    places = np.full((length, 3), NOWHERE, np.int32)
    if len(firsts):
        positions = np.arange(firsts[0], rows.row_lengths[number] - len(rows.layout.end))
        words = window.start + np.searchsorted(firsts, positions, side="right") - 1
        places[positions] = _in_text(0, np.array(offsets, np.int32)[words])
    return places


@token_characters.register
def _of_question(rows: QuestionWindows, number: int, length: int, texts: Sequence[str]) -> np.ndarray:
    """Of a question, text 0, and the part of its passage, text 1, that the window shows."""
    begin, starts, ends, _ = rows.context_tokens(number)
    before, between = len(rows.layout.begin), len(rows.layout.between)
    places = np.full((length, 3), NOWHERE, np.int32)
    question = _tokens(rows.tokenizer, texts[0])[1][: begin - between - before]
    places[before : before + len(question)] = _in_text(0, question)
    places[begin : begin + len(starts)] = _in_text(1, np.stack([starts, ends], axis=1))
    return places


@token_characters.register
def _of_relation(rows: RelationRows, number: int, length: int, texts: Sequence[str]) -> np.ndarray:
    """Of a text with markers around its entities; the markers come from no characters."""
    spans = rows.examples.first_spans[number], rows.examples.second_spans[number]
    (start, end), (other_start, other_end) = sorted(spans)
    parts, marker = [(0, start), (start, end), (end, other_start), (other_start, other_end), (other_end, None)], NOWHERE
    found = []
    for part_begin, part_end in parts:
        characters = _tokens(rows.tokenizer, texts[0][part_begin:part_end])[1]
        found.append(_in_text(0, characters + part_begin).tolist())
    before, left, between, right, after = found
    whole = [*before, marker, *left, marker, *between, marker, *right, marker, *after]
    begin = len(rows.layout.begin)
    positions = np.asarray(rows.inputs(np.array([number]), length)["entity_positions"][0])
    cut = len(before) - (int(positions.min()) - begin)  # of what stands before the entities
    count = int(rows.row_lengths[number]) - rows.layout.num_special_tokens(1)
    places = np.full((length, 3), NOWHERE, np.int32)
    places[begin : begin + count] = whole[cut : cut + count]
    return places


def _tokens(tokenizer: Tokenizer, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids of a text, and the (first, last + 1) characters of each, (tokens, 2)."""
    ids, starts, ends = (np.asarray(part.flat_values) for part in tokenizer.tokenize_with_offsets([text]))
    return ids, np.stack([starts, ends], axis=1)


def _in_text(text_number: int, characters: np.ndarray) -> np.ndarray:
    return np.insert(characters, 0, text_number, axis=1)
