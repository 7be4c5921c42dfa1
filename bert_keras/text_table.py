"""Tables to print: nested results by name, and columns that line up in a terminal, in Chinese too."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return the lines of a table: the first column to the left, the others to the right.

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


def named_values(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested results, each with the names on the way to it.

    Example:
        >>> list(named_values({"test": {"f1": 0.5, "accuracy": 0.75}, "seconds": 3}))
        [('test.f1', 0.5), ('test.accuracy', 0.75), ('seconds', 3)]
    """
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from named_values(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _columns(text: str) -> int:
    """How wide a terminal shows a text: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
