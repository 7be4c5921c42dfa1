r"""Lists that are written out in a cell: JSON's, `["a", "b"]`, and what Python's `str` makes of one, `['a', 'b']`."""

import re
from typing import Any

from bert_keras.data.files.faults import RowFault
from bert_keras.json_text import parse_json

_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ITEM = re.compile(rf"{_STRING}|[+-]?\d+(?:\.\d+)?|None|nan|True|False", re.DOTALL)
_ITEMS = rf"(?:{_ITEM.pattern})(?:\s*,\s*(?:{_ITEM.pattern}))*"
_PYTHON = re.compile(
    rf"\[\s*(?:{_ITEMS}\s*,?)?\s*\]|[({{]\s*{_STRING}(?:\s*,\s*{_STRING})*\s*,?\s*[)}}]|\{{\s*\}}", re.DOTALL
)
_LOOKS_LIKE_A_LIST = re.compile(r"""\[\s*(?:['"].*|[^\[\]]*,[^\[\]]*)\]""", re.DOTALL)
_WORDS = {"None": None, "nan": None, "True": True, "False": False}


def list_in_cell(text: str) -> list[Any] | None:
    r"""Return the items of a list that is all of a cell; None where a cell holds something else.

    Also sets and tuples of strings, as pandas writes them. An item is a string, a number as it is written, a truth
    value, or None.

    Raises:
        RowFault: If a cell looks like a list and cannot be read as one.

    Example:
        >>> list_in_cell('["so", 1]'), list_in_cell(r"['it\'s', 'b']"), list_in_cell("[]"), list_in_cell("a, b")
        (['so', 1], ["it's", 'b'], [], None)
    """
    text = text.strip()
    if not text.startswith(("[", "(", "{")):
        return None
    try:
        value = parse_json(text)
    except ValueError:
        value = None
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return value
    if _PYTHON.fullmatch(text):
        items = _ITEM.findall(text[1:-1])
        if not any(re.search(r"\\[^'\"\\]", item) for item in items):
            return [_value(item) for item in items]
    if isinstance(value, list) or _PYTHON.fullmatch(text) or _LOOKS_LIKE_A_LIST.fullmatch(text):
        message = f"{text[:40]!r} looks like a list and cannot be read as one of labels, as "
        raise RowFault(f"""{message}'["a", "b"]' or "['a', 'b']" can""", "rows with a list that cannot be read")
    return None


def _value(item: str) -> Any:
    if item in _WORDS:
        return _WORDS[item]
    return re.sub(r"\\(.)", r"\1", item[1:-1]) if item[0] in "'\"" else item
