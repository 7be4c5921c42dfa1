"""Tables to print: columns that line up in a terminal, in Chinese too."""

import unicodedata
from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Lines of a table: the first column to the left, the others to the right.

    Example:
        >>> print(aligned([("class", "train"), ("positive", "12")]))
        class     train
        positive     12
    """
    widths = [max(map(_columns, column)) for column in zip(*rows)]
    blanks = [[" " * (width - _columns(cell)) for cell, width in zip(row, widths)] for row in rows]
    lines = (
        [row[0] + gaps[0], *(gap + cell for gap, cell in zip(gaps[1:], row[1:]))] for row, gaps in zip(rows, blanks)
    )
    return "\n".join(map("  ".join, lines))


def _columns(text: str) -> int:
    """How wide a terminal shows a text: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
