"""SentencePiece's model file: its pieces and its rules for characters, read with checks, and written."""

import dataclasses
import math
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from bert_keras.data.tokenization.character_map import CharacterMap
from bert_keras.git_lfs import refuse_lfs_pointer

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # types of pieces
_MODEL_TYPES = {1: "unigram", 2: "BPE", 3: "word", 4: "character"}
# Fields by their numbers: https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_PIECE, _SCORE, _TYPE = 1, 2, 3
_MODEL_TYPE, _SPACE_BEHIND, _BYTE_FALLBACK = 3, 24, 35
_CHARACTER_MAP = 2
_FLAGS = {3: "add_dummy_prefix", 4: "remove_extra_whitespaces", 5: "escape_whitespaces"}
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # wire types
_WIRE_TYPES = {_VARINT: "a number", _BYTES: "bytes", _FOUR_BYTES: "four bytes"}


@dataclasses.dataclass(frozen=True)
class SentencePieceModel:
    """A unigram model: pieces with the logarithms of their probabilities.

    Args:
        pieces: In the order of their ids; U+2581 stands for a space.
        scores: One for each piece.
        types: `NORMAL`, `UNKNOWN`, `CONTROL`, `USER_DEFINED`, `UNUSED` or `BYTE` for each piece.
        character_map: What becomes of characters before a text is cut.

    Raises:
        ValueError: A piece is empty or comes twice, a score is no finite number, or not exactly one piece is unknown.

    Example:
        >>> model = SentencePieceModel(["<unk>", "▁a"], [0.0, -1.5], [UNKNOWN, NORMAL])
        >>> SentencePieceModel.parse(model.serialize()) == model
        True
    """

    pieces: Sequence[str]
    scores: Sequence[float]
    types: Sequence[int]
    character_map: CharacterMap = CharacterMap()

    def __post_init__(self):
        for name in ("pieces", "scores", "types"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not len(self.pieces) == len(self.scores) == len(self.types):
            counts = f"{len(self.pieces)}, {len(self.scores)} and {len(self.types)}"
            raise ValueError(f"pieces, scores and types must be equally many, received {counts}")
        seen = {}
        for index, (piece, score) in enumerate(zip(self.pieces, self.scores)):
            if not piece or "\0" in piece:
                raise ValueError(f"piece {index} must be text without NUL, received {piece!r}")
            if seen.setdefault(piece, index) != index:
                raise ValueError(f"piece {index}, {piece!r}, already is piece {seen[piece]}")
            if not math.isfinite(score):
                raise ValueError(f"the score of piece {index}, {piece!r}, must be a finite number, received {score!r}")
        if self.types.count(UNKNOWN) != 1:
            unknown = [piece for piece, kind in zip(self.pieces, self.types) if kind == UNKNOWN]
            raise ValueError(f"one piece must stand for what is unknown, such as '<unk>'; received {unknown}")

    @classmethod
    def load(cls, path: str | os.PathLike) -> "SentencePieceModel":
        """Read a model file.

        Raises:
            FileNotFoundError: There is no such file, or a pointer of Git LFS to it.
            ValueError: The file is cut short or damaged, or its model is of another type; the message names the file.
        """
        refuse_lfs_pointer(path)
        try:
            return cls.parse(Path(path).read_bytes())
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from error

    @classmethod
    def parse(cls, content: bytes) -> "SentencePieceModel":
        """Read a model from the bytes of its file; a `ValueError` where that cannot be."""
        pieces, trainer, normalizer = [], None, None
        for number, value in _fields(content, {_PIECES: _BYTES, _TRAINER: _BYTES, _NORMALIZER: _BYTES}):
            if number == _PIECES:
                pieces.append(_piece(value, len(pieces)))
            elif number == _TRAINER:
                trainer = value
            else:
                normalizer = value
        if not pieces or trainer is None or normalizer is None:
            raise ValueError(f"expected a model of SentencePiece, found {len(pieces)} pieces of one that is cut short")
        _check_trainer(trainer)
        return cls(*zip(*pieces), character_map=CharacterMap(_character_map(normalizer)))

    def serialize(self) -> bytes:
        """Return the bytes of the file."""
        parts = []
        for piece, score, kind in zip(self.pieces, self.scores, self.types):
            fields = _length_delimited(_PIECE, piece.encode()) + b"\x15" + struct.pack("<f", score)
            parts.append(_length_delimited(_PIECES, fields + (b"" if kind == NORMAL else bytes([0x18, kind]))))
        unknown = self.types.index(UNKNOWN)
        # Ids of unk, bos, eos and pad, which default to 0, 1, 2 and -1; the last three are -1, for none, here.
        ids = b"".join(
            _varint(8 * field) + _varint(value % (1 << 64)) for field, value in ((40, unknown), (41, -1), (42, -1))
        )
        size = _varint(8 * 4) + _varint(len(self.pieces))
        unknown_piece = _length_delimited(45, self.pieces[unknown].encode())
        parts.append(_length_delimited(_TRAINER, bytes([8 * _MODEL_TYPE, 1]) + size + ids + unknown_piece))
        name = _length_delimited(1, b"nmt_nfkc" if self.character_map.content else b"identity")
        parts.append(
            _length_delimited(_NORMALIZER, name + _length_delimited(_CHARACTER_MAP, self.character_map.content))
        )
        return b"".join(parts)


def _piece(content, index):
    piece, score, kind = b"", 0.0, NORMAL
    for number, value in _fields(content, {_PIECE: _BYTES, _SCORE: _FOUR_BYTES, _TYPE: _VARINT}):
        if number == _PIECE:
            piece = value
        elif number == _SCORE:
            (score,) = struct.unpack("<f", value)
        else:
            kind = value
    try:
        piece = piece.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"piece {index} must be UTF-8, received {piece!r:.100}") from error
    if not NORMAL <= kind <= BYTE:
        raise ValueError(f"the type of piece {index}, {piece!r}, must be from {NORMAL} to {BYTE}, received {kind}")
    return piece, score, kind


def _check_trainer(content):
    known = {_MODEL_TYPE: _VARINT, _SPACE_BEHIND: _VARINT, _BYTE_FALLBACK: _VARINT}
    spec = {_MODEL_TYPE: 1} | dict(_fields(content, known))
    if spec[_MODEL_TYPE] != 1:
        kind = _MODEL_TYPES.get(spec[_MODEL_TYPE], spec[_MODEL_TYPE])
        raise ValueError(f"expected a unigram model of SentencePiece, received one of type {kind}")
    for field, name in ((_SPACE_BEHIND, "treat_whitespace_as_suffix"), (_BYTE_FALLBACK, "byte_fallback")):
        if spec.get(field):
            raise ValueError(f"{name} must be false, as in ALBERT and XLM-RoBERTa")


def _character_map(content):
    fields = dict(_fields(content, {_CHARACTER_MAP: _BYTES} | dict.fromkeys(_FLAGS, _VARINT)))
    for field, name in _FLAGS.items():
        if not fields.get(field, 1):
            raise ValueError(f"{name} must be true, as in ALBERT and XLM-RoBERTa")
    return fields.get(_CHARACTER_MAP, b"")


def _fields(content: bytes, wire_types: dict[int, int]) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of the fields of a message that are asked for, and check that all of them are whole."""
    at, end = 0, len(content)
    while at < end:
        tag, at = _read_varint(content, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, at = _read_varint(content, at)
        else:
            if wire_type == _BYTES:
                length, at = _read_varint(content, at)
            elif wire_type in (_FOUR_BYTES, _EIGHT_BYTES):
                length = 4 if wire_type == _FOUR_BYTES else 8
            else:
                raise ValueError(f"no model of SentencePiece: byte {at - 1} begins no field")
            if length > end - at:
                raise ValueError(f"the file is cut short or damaged: expected {length} bytes, found {end - at}")
            value, at = content[at : at + length], at + length
        if number == 0:
            raise ValueError("no model of SentencePiece: a field has the number 0")
        if number in wire_types:
            if wire_types[number] != wire_type:
                raise ValueError(f"no model of SentencePiece: field {number} must be {_WIRE_TYPES[wire_types[number]]}")
            yield number, value


def _read_varint(content, at):
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            raise ValueError("the file is cut short or damaged: a number does not end")
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("no model of SentencePiece: a number of more than ten bytes")


def _varint(value):
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _length_delimited(number, content):
    return _varint(8 * number + _BYTES) + _varint(len(content)) + content
