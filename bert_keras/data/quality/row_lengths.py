"""Texts beside what an encoder reads: what a row has no room for, and what its vocabulary does not have."""

import collections
from collections.abc import Iterator, Sequence

import numpy as np

from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, shortened
from bert_keras.data.rows.tokenized_texts import tokenize_all, tokenize_all_with_offsets
from bert_keras.data.tokenization.tokenizer import Tokenizer

_QUANTILES = (0.5, 0.95, 1.0)


def find_token_faults(
    parts: Sequence[CheckedPart], tokenizer: Tokenizer | None, *, sequence_length: int
) -> Iterator[Finding]:
    """Find "long_texts", which do not fit into a row, and "unknown_tokens".

    Args:
        parts: Parts of a task.
        tokenizer: That of the encoder; None counts words, of which a row has room for no more than for tokens, and
            knows of no unknown ones.
        sequence_length: The longest row, in tokens.

    Raises:
        ValueError: If a row has no room for anything but special tokens.

    Example:
        >>> part = CheckedPart("train", (("so good a film",),), ("a.tsv:1",), ("",))
        >>> [found.what for found in find_token_faults([part], None, sequence_length=4)]
        ['train: 4, 4 and 4 words in the middle, at 95 % and at most', '4 words, a row has room for 2: cut by 2']
    """
    for part in filter(len, parts):
        texts = [text for some in part.texts for text in some]
        starts = np.cumsum([0, *map(len, part.texts)])[:-1]
        ids = None
        if tokenizer is None:
            lengths = np.array([len(text.split()) for text in texts])
        else:
            ids, text_starts, lengths = tokenize_all(texts, tokenizer)
        yield from _long(part, np.asarray(lengths, int), starts, tokenizer, sequence_length)
        if ids is not None:
            yield from _unknown(part, texts, starts, ids, text_starts, tokenizer)


def _long(part: CheckedPart, lengths, starts, tokenizer: Tokenizer | None, sequence_length: int) -> Iterator[Finding]:
    if part.rows == "apart":
        needed, num_texts = np.maximum.reduceat(lengths, starts), 1
    elif part.rows == "choices":
        others = lengths.copy()
        others[starts] = 0
        needed, num_texts = lengths[starts] + np.maximum.reduceat(others, starts), 2
    else:
        needed, num_texts = np.add.reduceat(lengths, starts), min(2, len(part.texts[0]))
    unit, num_special = "words", num_texts + 1
    if tokenizer is not None:
        unit, num_special = "tokens", tokenizer.vocabulary.row_layout.num_special_tokens(num_texts)
    room = sequence_length - num_special
    if room < 1:
        raise ValueError(
            f"sequence_length must be above {num_special}, the special tokens of a row of {part.name}; received "
            f"{sequence_length}"
        )
    middle, most, longest = (int(np.quantile(needed, share, method="higher")) for share in _QUANTILES)
    if longest <= room:
        return
    what = f"{part.name}: {middle}, {most} and {longest} {unit} in the middle, at 95 % and at most"
    yield Finding("long_texts", part.name, what)
    for number in np.flatnonzero(needed > room).tolist():
        becomes = f"cut by {needed[number] - room}" if part.longer == "cut" else "read in windows"
        what = f"{needed[number]} {unit}, a row has room for {room}: {becomes}"
        yield Finding("long_texts", part.name, what, part.places[number], shortened(" ".join(part.texts[number])))


def _unknown(part: CheckedPart, texts, starts, ids, text_starts, tokenizer: Tokenizer) -> Iterator[Finding]:
    positions = np.flatnonzero(ids == tokenizer.vocabulary.unk_id)
    if not len(positions):
        return
    of_text = np.unique(np.searchsorted(text_starts, positions, side="right") - 1)
    flat, begins, counts = tokenize_all_with_offsets([texts[number] for number in of_text], tokenizer)
    found = collections.defaultdict(list)  # numbers of examples by the unknown piece
    for number, begin, count in zip(of_text.tolist(), begins.tolist(), counts.tolist()):
        for position in range(begin, begin + count):
            if flat[0][position] == tokenizer.vocabulary.unk_id:
                piece = texts[number][flat[1][position] : flat[2][position]]
                found[piece].append(int(np.searchsorted(starts, number, side="right")) - 1)
    for piece, examples in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        codes = " ".join(f"U+{ord(character):04X}" for character in piece[:4])
        what = f"{piece[:20]!r} ({codes}{'...' * (len(piece) > 4)}) is unknown, {len(examples)} times"
        places = tuple(dict.fromkeys(part.places[number] for number in examples))
        text = shortened(" ".join(part.texts[examples[0]]))
        yield Finding("unknown_tokens", part.name, what, places[0], text, places[1:])
