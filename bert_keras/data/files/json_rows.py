"""Rows of JSON, whichever way a file holds them: one a line, an array, a list within an object, one after another."""

import itertools
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from bert_keras.data.files.file_kinds import why_no_data
from bert_keras.data.files.json_tables import list_of_rows, rows_of_columns
from bert_keras.data.files.text_lines import TextLine, read_lines
from bert_keras.json_text import UNIQUE_KEYS, DuplicateKey, parse_json

MAX_ROW_BYTES = 1 << 30  # of a line, which a whole file may be
BROKEN_LINE, BROKEN_FILE, UNREADABLE = (
    "lines that are no JSON",
    "JSON files that break off",
    "lines that cannot be read",
)
EMPTY_LINE = "empty lines"
_DUPLICATE = "rows with one key twice"
_LINES = (".jsonl", ".ndjson")  # JSON Lines
SUFFIXES = (".json", *_LINES)
_LISTS = ("data", "rows", "examples", "annotations")  # where an object holds the rows
_BEGIN = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:\{|\[|"|\]|$))')
_SPACE = re.compile(r"\s*")
_PIECE = 1 << 16  # characters of a document that are read at a time
_DECODER = json.JSONDecoder()


class JsonRow(NamedTuple):
    """One row of a file.

    Attributes:
        place: Where it stands: file:line, and its number where a list stands on one line.
        value: The row; None where `problem` is set.
        problem: What makes it unreadable; None if all is well.
        kind: What rows with this problem have in common, in the plural.
        line: Number of the line.
    """

    place: str
    value: Any
    problem: str | None = None
    kind: str = ""
    line: int = 0


def read_json_rows(
    path: str | os.PathLike,
    *,
    own_keys: Collection[str] = (),
    tables: bool = False,
    empty_lines: bool = False,
    encoding: str | None = None,
) -> Iterator[JsonRow]:
    r"""Read the rows of a JSON or JSON Lines file, whatever its name.

    A row is what stands on a line; what an array of objects or arrays holds; what the list `data`, `rows`, `examples`
    or `annotations` of an object holds; or one of several objects on end that are spread over lines.

    Args:
        path: The file, plain or `.gz`.
        own_keys: Keys of a row: an object with one of them is a row, even if it has a list of those names.
        tables: Whether an object that is all of a file may be a table, `bert_keras.data.files.json_tables`. The only
            line of a file of JSON Lines, as its name tells, is a row.
        empty_lines: Whether an empty line among rows is a problem; else it is passed over.
        encoding: As for `read_lines`.

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
    beginning = _beginning(path, encoding)
    if beginning and (kind := why_no_data(beginning[0].text)):
        yield _fault(path, beginning[0].number, f"not JSON: {kind}", BROKEN_LINE)
        return
    by_line = _is_rows_by_line(beginning)
    lines = read_lines(path, encoding=encoding, **({"max_bytes": MAX_ROW_BYTES} if by_line else {}))
    values = _values(lines, path, by_line, MAX_ROW_BYTES)
    first = list(itertools.islice(values, 2))
    is_alone = len(beginning if by_line else first) == 1
    is_line = by_line and path.lower().removesuffix(".gz").endswith(_LINES)
    for row, text in itertools.chain(first, values):
        if row.problem or text is None:
            if empty_lines or row.kind != EMPTY_LINE:
                yield row
        elif tables and is_alone and not is_line and isinstance(row.value, dict):
            yield from _rows_of_table(path, row, text, own_keys)
        else:
            yield from _rows_of_value(path, row, text, own_keys)


def json_values(
    lines: Iterable[TextLine], path: str | os.PathLike, *, by_line: bool, max_bytes: int = MAX_ROW_BYTES
) -> Iterator[JsonRow]:
    """Return the values in lines of JSON, one in memory at a time, whatever they are.

    Args:
        lines: The lines, or pieces of lines.
        path: Their file, for places.
        by_line: Whether each line is a value. Else values stand on end, spread over lines, and those of an array are
            handed on one by one.
        max_bytes: Where lines are cut; and as many characters a value may have.

    Yields:
        The values. Broken lines are told and those behind them read; a document ends at its fault.

    Example:
        >>> lines = [TextLine(1, "[1,"), TextLine(2, '"b"]')]
        >>> [(row.place, row.value) for row in json_values(lines, "a.json", by_line=False)]
        [('a.json:1: [0]', 1), ('a.json:2', 'b')]
    """
    return (row for row, _ in _values(lines, os.fspath(path), by_line, max_bytes) if row.kind != EMPTY_LINE)


def begins_like_json(line: str) -> bool:
    """Whether a file whose first line this is may be JSON.

    Example:
        >>> begins_like_json('{"text": "Ada"}'), begins_like_json("[ O")
        (True, False)
    """
    return bool(_BEGIN.match(line))


def is_json_row(line: str) -> bool:
    """Whether a line is a row of JSON: an object, or an array that holds any.

    Example:
        >>> is_json_row('{"text": "Ada"}'), is_json_row("[1]")
        (True, False)
    """
    try:
        value = parse_json(line) if line.lstrip().startswith(("{", "[")) else None
    except ValueError:
        return False
    return bool(value) and (isinstance(value, dict) or any(isinstance(row, (dict, list)) for row in value))


def is_json_file(path: str, first_line: str, encoding: str | None = None) -> bool:
    """Whether a file is JSON, by its name, or because it begins like that and its first row can be read.

    Args:
        path: The file.
        first_line: Its first line that has something on it.
        encoding: As for `read_lines`.
    """
    if os.path.splitext(path.removesuffix(".gz"))[1].lower() in SUFFIXES:
        return True
    return begins_like_json(first_line) and next(read_json_rows(path, encoding=encoding)).problem is None


def is_json_lines(path: str | os.PathLike, encoding: str | None = None) -> bool:
    r"""Whether each line of a file of JSON is a value, broken ones among them; else it is one document, or several.

    Args:
        path: The file.
        encoding: As for `read_lines`.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "rows.json")
        >>> for text in ('{"a": 1}\n{"a": 2}', '[{"a": 1},\n{"a": 2}]'):
        ...     _ = path.write_text(text)
        ...     print(is_json_lines(path))
        True
        False
    """
    return _is_rows_by_line(_beginning(os.fspath(path), encoding))


def _beginning(path: str, encoding: str | None) -> list[TextLine]:
    lines = (line for line in read_lines(path, encoding=encoding) if line.problem or line.text.strip())
    return list(itertools.islice(lines, 100))


def _is_rows_by_line(beginning: list[TextLine]) -> bool:
    if not beginning or beginning[0].problem:
        return True
    first = beginning[0].text.strip()
    if beginning[0].is_cut:  # an array that is so long is read in pieces
        return not first.startswith("[")
    if first in ("[", "{", "[{", "[["):
        return False
    is_row = [not line.problem and _is_container(line.text) for line in beginning]
    return is_row[0] or 2 * sum(is_row) >= len(is_row)  # a first line that is broken is no document's begin


def _is_container(text: str) -> bool:
    try:
        return isinstance(parse_json(text), (dict, list))
    except ValueError:
        return False


def _fault(path: str, line: int, problem: str, kind: str) -> JsonRow:
    return JsonRow(f"{path}:{line}", None, problem, kind, line)


def _values(
    lines: Iterable[TextLine], path: str, by_line: bool, max_bytes: int
) -> Iterator[tuple[JsonRow, str | None]]:
    """Return the values, each with its text where that may be spread over lines; with None for an array's item."""
    return _values_by_line(lines, path, max_bytes) if by_line else _values_on_end(lines, path, max_bytes)


def _values_by_line(lines: Iterable[TextLine], path: str, max_bytes: int) -> Iterator[tuple[JsonRow, str | None]]:
    is_continued = False
    for line in lines:
        number = line.number
        if line.is_cut or is_continued:
            if not is_continued:
                yield _fault(path, number, f"line of more than {max_bytes >> 20} MiB", BROKEN_LINE), ""
        elif line.problem:
            yield _fault(path, number, line.problem, UNREADABLE), ""
        elif not line.text.strip():
            yield _fault(path, number, "empty line", EMPTY_LINE), ""
        else:
            try:
                value = parse_json(line.text, unique_keys=True)
            except DuplicateKey as error:
                yield _fault(path, number, str(error), _DUPLICATE), ""
            except ValueError as error:
                yield _fault(path, number, f"not JSON: {error}", BROKEN_LINE), ""
            else:
                yield JsonRow(f"{path}:{number}", value, None, "", number), ""
        is_continued = line.is_cut


def _values_on_end(lines: Iterable[TextLine], path: str, max_bytes: int) -> Iterator[tuple[JsonRow, str | None]]:
    document, index, last_line = _Document(lines, max_bytes), None, 0  # index: within an array
    try:
        while character := document.peek():
            if index is None and character == "[":
                index, last_line = 0, document.line
                document.position += 1
                if document.peek() == "]":
                    index = None
                    document.position += 1
                continue
            line = document.line
            value, text, problem = document.value()
            row = JsonRow(f"{path}:{line}", value, problem, _DUPLICATE if problem else "", line)
            if index is None:
                yield row, text
                continue
            yield row._replace(place=f"{row.place}: [{index}]") if line == last_line else row, None
            index, last_line = index + 1, line
            character = document.peek()
            if character not in (",", "]"):
                raise _Broken("expected ',' or ']' of the array" + f", received {character!r}" * bool(character))
            index = index if character == "," else None
            document.position += 1
        if index is not None:
            raise _Broken("the array does not end")
    except _Broken as error:
        line = document.line + error.lines_behind
        yield _fault(path, line, f"not JSON: {error}", BROKEN_FILE), ""
    except _Unreadable as error:
        yield _fault(path, error.line.number, error.line.problem, BROKEN_FILE), ""


class _Broken(ValueError):
    def __init__(self, message: str, lines_behind: int = 0):
        super().__init__(message)
        self.lines_behind = lines_behind


class _Unreadable(ValueError):
    def __init__(self, line: TextLine):
        super().__init__(line.problem)
        self.line = line


class _Document:
    """Lines as one text that is read piece by piece; knows which line it is in."""

    def __init__(self, lines: Iterable[TextLine], max_characters: int):
        self.lines, self.max_characters = iter(lines), max_characters
        self.text, self.position, self.line = "", 0, 1
        self._fault: TextLine | None = None
        self._has_end = True  # whether the last line that was read is whole

    def peek(self) -> str:
        """Return the next character that is no white space; "" at the end."""
        while True:
            self._move_to(_SPACE.match(self.text, self.position).end())
            if self.position < len(self.text):
                return self.text[self.position]
            if not self._read_more():
                return ""

    def value(self) -> tuple[Any, str, str | None]:
        """Return the value that begins here, its text, and what is wrong where it is parsed and yet not to be read."""
        decoder, problem = UNIQUE_KEYS, None
        while True:
            try:
                value, end = decoder.raw_decode(self.text, self.position)
                if end == len(self.text) and isinstance(value, (int, float)) and self._read_more():
                    continue  # a number may go on
            except DuplicateKey as error:
                decoder, problem = _DECODER, str(error)  # which tells where the value ends
                continue
            except RecursionError:
                raise _Broken("JSON nested too deep") from None
            except json.JSONDecodeError as error:
                lines_behind = self.text.count("\n", self.position, error.pos)
                if len(self.text) - self.position < self.max_characters and self._read_more():
                    continue
                raise _Broken(error.msg, lines_behind) from None
            text = self.text[self.position : end]
            self._move_to(end)
            return None if problem else value, text, problem

    def _move_to(self, position: int):
        self.line += self.text.count("\n", self.position, position)
        self.position = position

    def _read_more(self) -> bool:
        """Read as much again as there is, so that a long value is not tried for too often."""
        if self._fault:
            raise _Unreadable(self._fault)
        self.text, self.position = self.text[self.position :], 0
        parts, size, wanted = [], 0, max(_PIECE, len(self.text))
        for line in self.lines:
            if line.problem:
                self._fault = line  # told when all before it is read
                break
            parts.append("\n" + line.text if self._has_end and line.number > 1 else line.text)
            self._has_end = not line.is_cut
            size += len(line.text) + 1
            if size >= wanted:
                break
        self.text += "".join(parts)
        if self._fault and not parts:
            raise _Unreadable(self._fault)
        return bool(parts)


def _rows_of_value(path: str, row: JsonRow, text: str, own_keys: Collection[str]) -> Iterator[JsonRow]:
    value = row.value
    if isinstance(value, list) and value and all(isinstance(item, (dict, list)) for item in value):
        for number, item in enumerate(value):
            yield row._replace(place=f"{row.place}: [{number}]", value=item)
        return
    if isinstance(value, dict) and not any(key in value for key in own_keys):
        name = next((name for name in _LISTS if name in value), None)
        if name and isinstance(value[name], list):
            yield from _rows_of_list(path, row, text, name)
            return
    yield row


def _rows_of_table(path: str, row: JsonRow, text: str, own_keys: Collection[str]) -> Iterator[JsonRow]:
    """Return the rows of an object that is all of a file, or itself if it is a row."""
    try:
        name = list_of_rows(row.value, own_keys)
        columns = None if name else rows_of_columns(row.value, own_keys)
    except ValueError as error:
        yield row._replace(value=None, problem=str(error), kind="JSON files without a table")
        return
    if name:
        yield from _rows_of_list(path, row, text, name)
    elif columns is None:
        yield from _rows_of_value(path, row, text, own_keys)
    else:
        for number, cells in enumerate(columns, 1):
            yield row._replace(place=f"{path}, row {number}", value=cells)


def _rows_of_list(path: str, row: JsonRow, text: str, name: str) -> Iterator[JsonRow]:
    last_line = row.line
    for number, (item, line) in enumerate(zip(row.value[name], _item_lines(text, name, row.line))):
        place = f"{path}:{line}"
        yield JsonRow(f"{place}: {name}[{number}]" if line == last_line else place, item, None, "", line)
        last_line = line


def _item_lines(text: str, name: str, line: int) -> Iterator[int]:
    """Return the line of each item of a list within an object whose text begins in a line, which may be all of it."""
    if "\n" not in text:
        yield from itertools.repeat(line)
    position, found = _SPACE.match(text, 1).end(), 0
    while text[position] == '"':
        key, position = _DECODER.raw_decode(text, position)
        position = _SPACE.match(text, _SPACE.match(text, position).end() + 1).end()  # behind the colon
        found = position if key == name else found  # of keys that come twice the last counts
        position = _SPACE.match(text, _DECODER.raw_decode(text, position)[1]).end()
        position = _SPACE.match(text, position + 1).end() if text[position] == "," else position
    position, counted = found + 1, 0
    while True:
        position = _SPACE.match(text, position).end()
        line, counted = line + text.count("\n", counted, position), position
        yield line
        position = _SPACE.match(text, _DECODER.raw_decode(text, position)[1]).end() + 1  # behind the comma
