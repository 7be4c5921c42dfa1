"""What a cell of a table holds: one definition of a sound text, a sound label and a sound number for all formats."""

import math
import re
import unicodedata
from typing import Any

from bert_keras.data.files.damaged_characters import damaged_characters
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.list_cells import list_in_cell

Column = str | int
DAMAGED_TEXT = "a text whose characters were damaged by a wrong encoding"
SAYS_MISSING_TEXT = "a text that says that there is none"
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d*|[+-]?\d{1,3}(,\d{3}){2,}", re.ASCII)
# Letters and symbols by their category, and yet nothing to be seen: fillers of Hangul, a Braille cell without dots.
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"
# What programs write for a cell that has nothing, as a text.
SAYS_MISSING = {"nan", "null", "#n/a", "n/a", "<na>", "nat", "-"}  # SNLI's "-": its judges did not agree
_SAYS_NO_LABEL = SAYS_MISSING | {"na", "#na", "n.a.", "none", "-nan", "undefined"}


def is_visible(text: str) -> bool:
    r"""Whether there is anything in a text but spaces, control characters and others that show nothing.

    Example:
        >>> is_visible("a"), is_visible(" \u200b\ufeff")
        (True, False)
    """
    return any(unicodedata.category(character)[0] not in "ZCM" and character not in _FILLERS for character in text)


def strip_invisible(text: str) -> str:
    """Return a text without the spaces, zero-width characters and byte order marks around it."""
    begin, end = 0, len(text)
    while begin < end and _is_blank(text[begin]):
        begin += 1
    while end > begin and _is_blank(text[end - 1]):
        end -= 1
    return text[begin:end]


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cf", "Cc", "Zs")


def is_missing(value: Any) -> bool:
    """Whether a value says that there is none: None, or what pandas puts in an empty cell."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or isinstance(value, float) and value != value


def value_of(row: Any, column: Column) -> Any:
    """Return what stands in a column of a row, whatever it is; raises `RowFault` where there is no such column."""
    try:
        value = row[column]
    except (KeyError, IndexError, TypeError):
        if isinstance(row, dict) and 0 in row:  # a row under a header has its cells by name and by number
            row = [cell for key, cell in row.items() if isinstance(key, int)]
        message = f"no column {column!r} in a row of {len(row)}: {str(row)[:80]}"
        raise RowFault(message, "rows without a column") from None
    # numpy's numbers, texts and truth values as Python's
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () else value


def text_of(row: Any, column: Column, place: str, faults: Faults, *, may_be_empty: bool = False) -> str:
    """Return the text in a column of a row.

    Args:
        row: A list, tuple or dict.
        column: Where the text stands.
        place: Where the row stands.
        faults: Gets what is suspicious: numbers, damaged characters, stray quotation marks.
        may_be_empty: Whether a text may have nothing to read.

    Raises:
        RowFault: If there is no such column, or it holds no text, or nothing to read.
    """
    value = value_of(row, column)
    if not isinstance(value, (str, int, float)) or isinstance(value, bool) or is_missing(value):
        raise RowFault(f"column {column!r} holds {str(value)[:40]}, expected a text", "rows without a text")
    if not isinstance(value, str):
        faults.doubt("a number where a text was expected", f"{place}: column {column!r} holds {value}")
        return str(value)
    if not is_visible(value):
        if not may_be_empty:
            raise RowFault(f"column {column!r} is empty, expected a text", "rows with an empty text")
        faults.doubt("an empty text", f"{place}: column {column!r}")
    elif value.strip().lower() in SAYS_MISSING:
        faults.doubt(SAYS_MISSING_TEXT, f"{place}: {value!r}")
    elif "\ufeff" in value:
        faults.doubt("a byte order mark within a text; were files joined?", place)
    elif damaged_characters(value):
        faults.doubt(DAMAGED_TEXT, f"{place}: {value[:60]!r}")
    return value


def label_of(row: Any, column: Column, place: str, faults: Faults) -> str:
    """Return the label in a column of a row, by name; what is invisible around it is taken off.

    Raises:
        RowFault: If there is no such column, or no label in it.
    """
    value = value_of(row, column)
    if is_missing(value) or not isinstance(value, (str, int, float)) or value in (math.inf, -math.inf):
        hint = "; label_separator= reads several labels of a text" if isinstance(value, list) else ""
        raise RowFault(f"column {column!r} holds {str(value)[:40]}, expected a label{hint}", "rows without a label")
    if isinstance(value, str) and list_in_cell(value) is not None:
        message = f"column {column!r} holds the list {value[:40]!r}, expected a label; label_separator=',' "
        raise RowFault(f"{message}(--label-separator ,) reads lists of labels, too", "rows with a list as label")
    return clean_label(value, column, place, faults)


def clean_label(value: str | float, column: Column, place: str, faults: Faults) -> str:
    """Return a label without what is invisible around it; raises `RowFault` where nothing is left."""
    name = strip_invisible(text := str(value))
    if not name:
        raise RowFault(f"column {column!r} is empty, expected a label", "rows without a label")
    if name.lower() in _SAYS_NO_LABEL:
        faults.doubt("a label that says that there is none, read as a class like any other", f"{place}: {name!r}")
    if name != text:
        faults.doubt("a label with spaces around it, which were taken off", f"{place}: {text!r}")
    return name


def number_of(row: Any, column: Column, decimal: str = ".") -> float:
    """Return the finite number in a column of a row, with a decimal point, or with a comma where `decimal` is one.

    Raises:
        RowFault: If there is no such column, or no number in it.
    """
    value = value_of(row, column)
    if isinstance(value, str):
        text = strip_invisible(value)
        if NUMBER.fullmatch(text if decimal == "." else text.replace(decimal, ".")):
            value = float(text if decimal == "." else text.replace(decimal, "."))
        else:
            is_comma = decimal == "." and NUMBER.fullmatch(text.replace(",", "."))
            hint = "; decimal=',' reads a comma before the decimals" if is_comma else ""
            if _GROUPED.fullmatch(text if decimal == "." else text.translate({44: ".", 46: ","})):
                hint = f"; write it without separators of thousands, as 1234{decimal}5"
            raise RowFault(f"column {column!r} holds {value[:40]!r}, expected a number{hint}", "rows without a number")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise RowFault(f"column {column!r} holds {str(value)[:40]}, expected a finite number", "rows without a number")
    return float(value)
