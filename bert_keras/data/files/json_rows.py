"""Rows of JSON, whichever way a file holds them: one a line, an array, a list within an object, one after another."""

import itertools
import json
import os
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from bert_keras.data.files.text_lines import TextLine, read_lines
from bert_keras.json_text import parse_json

_MAX_BYTES = 1 << 30  # of a line, which a whole file may be
_LISTS = ("data", "rows", "examples", "annotations")  # where an object holds the rows
_BEGIN = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:\{|\[|"|\]|$))')
_SPACE = re.compile(r"[\s\ufeff]*")


class JsonRow(NamedTuple):
    """One row of a file.

    Attributes:
        place: Where it stands: file:line, and its number within an array.
        value: The row; None where `problem` is set.
        problem: What makes it unreadable; None if all is well.
    """

    place: str
    value: Any
    problem: str | None = None


def read_json_rows(
    path: str | os.PathLike, *, own_keys: Collection[str] = (), encoding: str | None = None
) -> Iterator[JsonRow]:
    r"""Reads the rows of a JSON or JSON Lines file, whatever its name.

    A row is what stands on a line; what an array of objects or arrays holds; what the list `data`, `rows`, `examples`
    or `annotations` of an object holds; or one of several objects on end that are spread over lines.

    Args:
        path: The file, UTF-8, plain or `.gz`.
        encoding: As for `read_lines`.
        own_keys: Keys of a row: an object with one of them is a row, even if it has a list of those names.

    Yields:
        The rows in their order. A file of broken lines goes on behind one, a broken array ends.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "rows.json")
        >>> for text in ('{"a": 1}\n{"a": 2}', '[{"a": 1}, {"a": 2}]', '{"data": [\n{"a": 1},\n{"a": 2}]}'):
        ...     _ = path.write_text(text)
        ...     print([row.value["a"] for row in read_json_rows(path)])
        [1, 2]
        [1, 2]
        [1, 2]
    """
    path = os.fspath(path)
    lines = _whole_lines(path, encoding)
    beginning = list(itertools.islice((line for line in lines if line.problem or line.text.strip()), 100))
    lines = itertools.chain(beginning, lines)
    if _is_rows_by_line(beginning):
        for line in lines:
            if line.problem or line.text.strip():
                yield from _rows_of_line(f"{path}:{line.number}", line, own_keys)
    else:
        yield from _rows_of_document(path, own_keys, encoding)


def begins_like_json(line: str) -> bool:
    """Whether a file whose first line this is may be JSON.

    Example:
        >>> begins_like_json('{"text": "Ada"}'), begins_like_json("[ O")
        (True, False)
    """
    return bool(_BEGIN.match(line))


def _whole_lines(path: str, encoding: str | None) -> Iterator[TextLine]:
    is_continued = False
    for line in read_lines(path, encoding=encoding, max_bytes=_MAX_BYTES):
        if line.is_cut and not is_continued:
            yield TextLine(line.number, "", f"line of more than {_MAX_BYTES >> 20} MiB")
        elif not is_continued:
            yield line
        is_continued = line.is_cut


def _is_rows_by_line(beginning: list[TextLine]) -> bool:
    if not beginning or beginning[0].problem:
        return True
    if beginning[0].text.strip() in ("[", "{", "[{", "[["):
        return False
    is_row = [not line.problem and _is_container(line.text) for line in beginning]
    return is_row[0] or 2 * sum(is_row) >= len(is_row)  # a first line that is broken is no document's begin


def _is_container(text: str) -> bool:
    try:
        return isinstance(parse_json(text), (dict, list))
    except ValueError:
        return False


def _rows_of_line(place: str, line: TextLine, own_keys: Collection[str]) -> Iterator[JsonRow]:
    try:
        value = None if line.problem else parse_json(line.text)
    except ValueError as error:
        yield JsonRow(place, None, f"not JSON: {error}")
        return
    yield from [JsonRow(place, None, line.problem)] if line.problem else _rows_of_value(place, value, own_keys)


def _rows_of_value(place: str, value, own_keys: Collection[str]) -> Iterator[JsonRow]:
    if isinstance(value, list) and value and all(isinstance(item, (dict, list)) for item in value):
        for number, item in enumerate(value):
            yield JsonRow(f"{place}: [{number}]", item)
        return
    if isinstance(value, dict) and not any(key in value for key in own_keys):
        name = next((name for name in _LISTS if name in value), None)
        if name and isinstance(value[name], list):
            for number, item in enumerate(value[name]):
                yield JsonRow(f"{place}: {name}[{number}]", item)
            return
    yield JsonRow(place, value)


def _rows_of_document(path: str, own_keys: Collection[str], encoding: str | None) -> Iterator[JsonRow]:
    """Reads values on end, and the items of an array one by one, so that each has its line."""
    lines = []
    for line in _whole_lines(path, encoding):
        if line.problem:
            yield JsonRow(f"{path}:{line.number}", None, line.problem)
            return
        lines.append(line.text)
    text = "\n".join(lines)
    decoder, line_number, counted = json.JSONDecoder(), 1, 0

    def place_of(position: int) -> str:
        nonlocal line_number, counted
        line_number += text.count("\n", counted, position)
        counted = max(counted, position)
        return f"{path}:{line_number}"

    position, is_in_array = _SPACE.match(text).end(), False
    try:
        while position < len(text):
            if not is_in_array and text[position] == "[":
                is_in_array, position = True, _SPACE.match(text, position + 1).end()
                if text[position : position + 1] == "]":
                    is_in_array, position = False, position + 1
            else:
                place = place_of(position)
                value, position = decoder.raw_decode(text, position)
                yield from [JsonRow(place, value)] if is_in_array else _rows_of_value(place, value, own_keys)
                position = _SPACE.match(text, position).end()
                if is_in_array:
                    sign = text[position : position + 1]
                    if sign not in (",", "]"):
                        raise json.JSONDecodeError("Expecting ',' or ']'", text, position)
                    is_in_array, position = sign == ",", position + 1
            position = _SPACE.match(text, position).end()
        if is_in_array:
            raise json.JSONDecodeError("the array does not end", text, position)
    except json.JSONDecodeError as error:
        yield JsonRow(f"{path}:{error.lineno}", None, f"not JSON: {error}")
    except RecursionError:
        yield JsonRow(place_of(position), None, "not JSON: nested too deep")
