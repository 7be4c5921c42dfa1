"""Tables in JSON, as Hugging Face and pandas write them: an array of rows, an object with one, or one of columns."""

import json
from collections.abc import Iterator
from typing import Any

from bert_keras.json_text import parse_json

_SPACE = " \t\n\r"


def json_kind(lines: list[str], is_json: bool) -> str:
    """Whether a file has a row in each line, `"jsonl"`, or is one table as a whole, `"json"`.

    Args:
        lines: The first two lines that are not empty.
        is_json: Whether the file is called `.json`, and a beginning that is neither may be taken for a table.

    Example:
        >>> json_kind(['{"text": "good", "label": 1}', '{"text": "bad", "label": 0}'], True)
        'jsonl'
        >>> json_kind(['[{"text": "good", "label": 1},', '{"text": "bad", "label": 0}]'], False)
        'json'
    """
    first = lines[0].strip() if lines else ""
    try:
        value = parse_json(first)
    except ValueError:
        return "json" if first.startswith("[") or first == "{" or is_json and first.startswith("{") else "jsonl"
    if isinstance(value, list):
        return "json" if len(lines) < 2 and all(isinstance(row, (dict, list)) for row in value) else "jsonl"
    is_row = not isinstance(value, dict) or not all(isinstance(cell, (dict, list)) for cell in value.values())
    holds_rows = isinstance(value, dict) and any(map(_is_rows, value.values()))
    return "jsonl" if len(lines) > 1 or is_row and not holds_rows else "json"


def json_rows(path: str, text: str) -> Iterator[tuple[str, Any]]:
    r"""Yields the rows of a table in JSON with their places.

    Raises:
        ValueError: If the text is no JSON, or no table.

    Example:
        >>> list(json_rows("a.json", '{"data": [{"text": "good"},\n{"text": "bad"}]}'))
        [('a.json:1', {'text': 'good'}), ('a.json:2', {'text': 'bad'})]
        >>> [row for _, row in json_rows("a.json", '{"text": ["good", "bad"], "label": [1, 0]}')]
        [{'text': 'good', 'label': 1}, {'text': 'bad', 'label': 0}]
    """
    try:
        table = parse_json(text)
    except ValueError as error:
        raise ValueError(f"{path}: not JSON: {error}") from None
    if isinstance(table, list):
        yield from _placed(path, text, table, _after_space(text, 0))
        return
    if not isinstance(table, dict):
        raise ValueError(f"{path}: expected a list of rows in JSON, received {type(table).__name__}")
    lists = [key for key, value in table.items() if _is_rows(value)]
    if len(lists) > 1:
        raise ValueError(f"{path}: holds the lists {', '.join(map(repr, lists))}: put one of them into a file")
    if lists:
        yield from _placed(path, text, table[lists[0]], _position_of(text, lists[0]))
        return
    columns = list(table.values())
    if columns and all(isinstance(column, dict) for column in columns):  # pandas: {column: {row: cell}}
        keys = list(columns[0])
        if all(list(column) == keys for column in columns):
            columns = [list(column.values()) for column in columns]
    if columns and all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        for number, cells in enumerate(zip(*columns), 1):
            yield f"{path}, row {number}", dict(zip(table, cells))
        return
    raise ValueError(f"{path}: expected a list of rows in JSON, received an object with {', '.join(map(repr, table))}")


def _is_rows(value) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _placed(path: str, text: str, rows: list, position: int) -> Iterator[tuple[str, Any]]:
    """The rows of the list that begins at a position, each with the line where it begins."""
    line, counted, position = 1, 0, position + 1
    for row in rows:
        position = _after_space(text, position)
        line, counted = line + text.count("\n", counted, position), position
        yield f"{path}:{line}", row
        position = _after_space(text, _DECODER.raw_decode(text, position)[1]) + 1  # behind the comma


def _position_of(text: str, key: str) -> int:
    """Where the last value of a key begins in the text of an object, the one that counts."""
    position, found = _after_space(text, _after_space(text, 0) + 1), 0
    while position < len(text) and text[position] == '"':
        name, position = _DECODER.raw_decode(text, position)
        position = _after_space(text, _after_space(text, position) + 1)  # behind the colon
        found = position if name == key else found
        position = _after_space(text, _DECODER.raw_decode(text, position)[1])
        position = _after_space(text, position + 1)  # behind the comma
    return found


def _after_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


_DECODER = json.JSONDecoder()
