"""A byte-pair vocabulary as the model file of SentencePiece, whose kernel in tensorflow-text merges fast."""

import struct
from collections.abc import Sequence

import numpy as np

from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.byte_pair_merges import NEVER

# Numbers of fields and values of sentencepiece_model.proto.
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3
_BYTE_PAIR = 2
_NO_TOKEN = "\u2581"  # not of the alphabet: begins the names of pieces that no word has


def byte_pair_model(tokens: Sequence[str], ranks: np.ndarray) -> bytes:
    """Write a model that gives the ids of words: the bytes of UTF-8, as the kernel's normaliser spells them, merged.

    Args:
        tokens: The tokens in the order of their ids, spelled in GPT-2's alphabet.
        ranks: (tokens,) int, from `completing_merges`.

    Returns:
        A serialised `ModelProto`. Its last piece, which no word becomes, is the unknown one that the kernel asks for.

    Reference:
        https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
    """
    pieces = [
        _piece(f"{_NO_TOKEN}{index}", 0.0, _CONTROL) if rank == NEVER else _piece(token, -float(rank), _NORMAL)
        for index, (token, rank) in enumerate(zip(tokens, ranks.tolist(), strict=True))
    ]
    trainer = _number(3, _BYTE_PAIR)
    # Not a prefix, no blank removed, none escaped: the map below does that.
    normalizer = _bytes(1, b"bytes") + _bytes(2, _spelling()) + _number(3, 0) + _number(4, 0) + _number(5, 0)
    return b"".join(
        [*pieces, _piece(_NO_TOKEN, 0.0, _UNKNOWN), _bytes(_TRAINER, trainer), _bytes(_NORMALIZER, normalizer)]
    )


def _spelling() -> bytes:
    """Return a map of each byte to its character: a trie of depth one in the layout of darts-clone, and the results.

    A unit has its label in bits 0 to 7, in bit 8 whether a value hangs on it, and from bit 10 the exclusive or with
    which one finds its children; a value has bit 31.
    """
    units, results = [0] * 768, b""
    units[0] = 256 << 10
    for byte, character in enumerate(ALPHABET):
        units[256 | byte] = byte | 1 << 8 | 768 << 10
        units[512 | byte] = 1 << 31 | len(results)
        results += character.encode() + b"\0"
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + results


def _piece(name: str, score: float, kind: int) -> bytes:
    return _bytes(_PIECES, _bytes(1, name.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", score) + _number(3, kind))


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    digits = b""
    while value > 127:
        digits, value = digits + bytes([value & 127 | 128]), value >> 7
    return digits + bytes([value])
