"""Whether a text was seen before, in bounded memory: 8 bytes a text, the table grows to a limit and then forgets."""

import array
import hashlib


class SeenTexts:
    """Remembers the 64-bit hashes of texts in an open-addressing table.

    Below the limit it is exact, but for hash collisions (about `n * n / 2 ** 65` for n texts). Beyond it, a new hash
    takes the place of an old one, so that some duplicates are missed and nothing is ever wrongly called one.

    Args:
        max_texts: How many are remembered at least; memory ends at 16 to 32 bytes for each (the default: 128 MiB).
    """

    def __init__(self, max_texts: int = 1 << 22):
        self.max_texts = max_texts
        self._slots = array.array("Q", bytes(8 << 12))
        self._num_texts = 0

    def add(self, text: str) -> bool:
        """Remember a text and say whether it is new."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return self._insert(int.from_bytes(digest, "little") or 1)  # 0 marks an empty slot

    def _insert(self, value: int) -> bool:
        slots, mask = self._slots, len(self._slots) - 1
        for step in range(64):
            index = (value + step) & mask
            if slots[index] == value:
                return False
            if not slots[index]:
                self._num_texts += 1
                break
        else:
            index = value & mask  # crowded: the oldest of the neighbourhood gives way
        slots[index] = value
        if self._num_texts * 2 > len(slots) and len(slots) < 4 * self.max_texts:
            self._grow()
        return True

    def _grow(self):
        old, self._slots, self._num_texts = self._slots, array.array("Q", bytes(16 * len(self._slots))), 0
        for value in filter(None, old):
            self._insert(value)
