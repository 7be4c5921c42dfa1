"""Tables for TensorBoard's text tab, which shows markdown and few tags of HTML."""

import html
from collections.abc import Iterable, Sequence

_LONGEST = 300  # characters of a text in a cell
_LONGEST_WHOLE = 20  # of what is not to be broken


def plain(text: str) -> str:
    """Return text that stands in markdown, and in a table of it, as it is.

    Args:
        text: Any.

    Example:
        >>> plain("a|b <i>")
        'a&#124;b &lt;i&gt;'
    """
    return "".join(f"&#{ord(char)};" if char in "|*_`~[]\\\r\n" else html.escape(char) for char in text)


def shortened(text: str) -> str:
    """Return as much of a text as a cell should have.

    Args:
        text: Any.
    """
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def whole(text: str) -> str:
    """Return a number or a label for a cell whose lines are not to be broken, as TensorBoard does beside a long text.

    Args:
        text: Any; a longer one than 20 characters may be broken.

    Example:
        >>> whole("0.500")
        '<pre>0.500</pre>'
    """
    return f"<pre>{plain(text)}</pre>" if len(text) <= _LONGEST_WHOLE else plain(shortened(text))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Args:
        columns: Their names, markdown.
        rows: As many cells, markdown, in each.

    Example:
        >>> print(table(["word", "count"], [["so", "3"]]))
        | word | count |
        | --- | --- |
        | so | 3 |
    """
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, ["---"] * len(columns), *rows])
