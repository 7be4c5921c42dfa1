"""SentencePiece's `precompiled_charsmap`: which characters become which, in a trie that is checked before use."""

import dataclasses
import functools

import numpy as np

_NUM_CODE_POINTS = 0x110000
_BLOCK = 256  # units of the trie come in blocks: a byte leads from one place of a block to another
_VALUE_BIT = np.uint32(1 << 31)


@dataclasses.dataclass(frozen=True)
class CharacterMap:
    """What becomes of characters before SentencePiece cuts a text; of several that match, the longest key counts.

    Args:
        content: `precompiled_charsmap` of a model's `normalizer_spec`; empty where all characters stay as they are.

    Raises:
        ValueError: It is no such map, or leads out of its own bounds, from where the kernel would read.

    Example:
        >>> CharacterMap().of_character("ﬁ"), CharacterMap().of_character(" ")
        ('ﬁ', ' ')

    Reference:
        `Normalizer::DecodePrecompiledCharsMap` of https://github.com/google/sentencepiece/blob/master/src/normalizer.cc;
        the trie: https://github.com/s-yata/darts-clone
    """

    content: bytes = b""

    def __post_init__(self):
        if self.content:
            self._check()

    def _check(self):
        size = int.from_bytes(self.content[:4], "little")
        if len(self.content) <= 4 or size % (4 * _BLOCK) or not 0 < size < len(self.content) - 4:
            raise ValueError(
                f"precompiled_charsmap is damaged: {size} bytes of trie in {len(self.content)} bytes, expected a "
                f"multiple of {4 * _BLOCK} and text behind it"
            )
        units, texts = self._units, self._texts
        if texts[-1:] != b"\0":
            raise ValueError("precompiled_charsmap is damaged: its last text does not end")
        try:
            texts.decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"precompiled_charsmap is damaged: its texts are not UTF-8: {error}") from error
        nodes = np.flatnonzero(units & _VALUE_BIT == 0)
        children = nodes ^ _offsets(units[nodes])
        leaves = children[(units[nodes] >> 8 & 1 == 1) & (children < len(units))]
        starts_well = units[0] & _VALUE_BIT == 0
        if not starts_well or (children >= len(units)).any() or (units[leaves] & ~_VALUE_BIT >= len(texts)).any():
            raise ValueError("precompiled_charsmap is damaged: its trie leads out of its bounds")

    @property
    def _units(self):
        return np.frombuffer(self.content, "<u4", int.from_bytes(self.content[:4], "little") // 4, offset=4)

    @property
    def _texts(self):
        return self.content[4 + int.from_bytes(self.content[:4], "little") :]

    def of_character(self, character: str) -> str:
        """Return what one character becomes that no others follow."""
        return self.of_characters().get(ord(character), character)

    def of_characters(self) -> dict[int, str]:
        """Return {code point: what it becomes}, of the characters that are changed where they stand alone."""
        return _of_characters(self) if self.content else {}


@functools.lru_cache(maxsize=4)
def _of_characters(character_map):
    units, texts = character_map._units, character_map._texts
    changed = {}
    for first, last, num_bytes in ((1, 0x80, 1), (0x80, 0x800, 2), (0x800, 0x10000, 3), (0x10000, _NUM_CODE_POINTS, 4)):
        code_points = np.arange(first, last, dtype=np.uint32)
        nodes = np.full(len(code_points), _offsets(units[:1])[0])
        for place in range(num_bytes):
            byte = code_points >> np.uint32(6 * (num_bytes - 1 - place)) & (0x3F if num_bytes > 1 else 0x7F)
            lead = 0x80 if place else (0, 0xC0, 0xE0, 0xF0)[num_bytes - 1]
            byte = byte & (0xFF if place or num_bytes == 1 else 0x3F) | lead
            positions = nodes ^ byte
            found = units[positions] & (_VALUE_BIT | np.uint32(0xFF)) == byte
            code_points, positions = code_points[found], positions[found]
            nodes = positions ^ _offsets(units[positions])
        is_key = units[positions] >> 8 & 1 == 1
        for code_point, value in zip(code_points[is_key].tolist(), (units[nodes[is_key]] & ~_VALUE_BIT).tolist()):
            changed[code_point] = texts[value : texts.index(b"\0", value)].decode()
    return changed


def _offsets(units):
    return (units >> 10 << ((units & 512) >> 6)).astype(np.int64)
