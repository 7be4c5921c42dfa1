"""How a family of models lays out a row: which special tokens stand around one text, and around and between two."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class RowLayout:
    """The special tokens of a row: `begin`, a text, `end`; or `begin`, a text, `between`, a second text, `end`.

    Args:
        begin: Ids before the first text.
        between: Ids between two texts.
        end: Ids after the last text.
        pad_id: Id that fills a row up.
        has_segments: Whether the second text and `end` are of segment 1. False leaves all of a row in segment 0.

    Example:
        >>> layout = RowLayout(begin=(2,), between=(3,), end=(3,), pad_id=0)  # BERT's: [CLS] text [SEP] text [SEP]
        >>> layout.row([7, 8]), layout.row([7, 8], [9])
        ([2, 7, 8, 3], [2, 7, 8, 3, 9, 3])
        >>> layout.num_special_tokens(1), layout.num_special_tokens(2)
        (2, 3)
    """

    begin: tuple[int, ...]
    between: tuple[int, ...]
    end: tuple[int, ...]
    pad_id: int
    has_segments: bool = True

    def num_special_tokens(self, num_texts: int) -> int:
        """Return how many tokens of a row of one text, or of two, are not the texts'."""
        return len(self.begin) + (num_texts - 1) * len(self.between) + len(self.end)

    def row(self, first: Sequence[int], second: Sequence[int] | None = None) -> list[int]:
        """Return the ids of one row, without padding: what `assemble_rows` gives for a batch."""
        texts = first if second is None else (*first, *self.between, *second)
        return [*self.begin, *texts, *self.end]
