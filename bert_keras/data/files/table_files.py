"""Rows of TSV, CSV, JSON and fastText files, or of tuples and dicts: each with its place, every fault told or counted.

A row is sound if it has as many cells as the header, or as most rows where there is none. It is no header again. What
its cells hold is checked where they are asked for, in `cells.py`.
"""

import collections
import csv
import itertools
import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

from bert_keras.data.files.cells import Column, strip_invisible
from bert_keras.data.files.faults import Faults, NoExamples
from bert_keras.data.files.file_kinds import why_no_data
from bert_keras.data.files.json_rows import EMPTY_LINE, is_json_row, read_json_rows
from bert_keras.data.files.text_lines import read_lines
from bert_keras.table_format import TableFormat

_logger = logging.getLogger(__name__)
_SUFFIXES = {".tsv": "tsv", ".txt": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
_LABEL = "__label__"
# Names of columns that are no text and no class: where all columns asked for begin with one, that is a header.
_HEADER_WORDS = frozenset(
    "text texts sentence sentence1 sentence2 review comment comment_text content title tweet message question document "
    "body description headline reviews_text review_body label labels class category sentiment target score star stars "
    "rating polarity intent topic y emotion is_duplicate gold_label 文本 内容 标签 类别 评论 句子 review_text".split()
)
_MANY_ROWS = 100  # so many tell how many cells a row has


def read_rows(
    source: Any, columns: Sequence[Column | None], table: TableFormat, faults: Faults
) -> Iterator[tuple[str, Any]]:
    """Yield rows with their places.

    Args:
        source: One file, a list of files of the same layout, an iterable of tuples, lists or dicts, or a DataFrame of
            pandas.
        columns: The columns that will be asked for; a header must have those given by name, once.
        table: How files are written.
        faults: Gets every fault.

    Yields:
        (`"file:line"`, a list of cells or a dict).
    """
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    elif isinstance(source, dict):
        raise TypeError(f"expected rows, received a dict of {', '.join(map(repr, source))}; make a dict of each row")
    elif hasattr(source, "itertuples"):  # pandas
        names = list(getattr(source, "columns", ()))
        for column in columns:
            if names.count(column) > 1:  # of which a dict keeps the last
                raise ValueError(f"expected one column {column!r}, the frame has {', '.join(map(repr, names))}")
        source = source.to_dict("records")
    for is_file, items in itertools.groupby(source, key=lambda item: isinstance(item, (str, os.PathLike))):
        if is_file:
            for path in items:
                yield from _file_rows(os.fspath(path), columns, table, faults)
        else:
            yield from _even(_memory_rows(items), "examples in memory", columns, table, "", faults)


def check_columns(columns: Sequence[Column | None]) -> None:
    """Raise `ValueError` if one column is asked for as two things, a text that is its own label."""
    named = [column for column in columns if column is not None]
    if twice := [column for column in named if named.count(column) > 1]:
        raise ValueError(f"column {twice[0]!r} is asked for as two things")


def has_columns(source: Any, columns: Sequence[Column], table: TableFormat) -> bool:
    """Whether a file, or the first of several, has all columns: in its header, or in its first row that can be read.

    Args:
        source: One file, a list of files, or rows in memory, of which nothing is looked at.
        columns: The columns, by name or by number.
        table: How files are written.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "test.tsv")
        >>> _ = path.write_text("text" + chr(10) + "so good" + chr(10))
        >>> has_columns(path, ["text"], TableFormat()), has_columns(path, ["label"], TableFormat())
        (True, False)
    """
    if not isinstance(source, (str, os.PathLike)):
        source = next(iter(source), None)
        if not isinstance(source, (str, os.PathLike)):
            return True
    path = os.fspath(source)
    file_format, separator = _format_of(path, table)
    faults = Faults("skip")
    _, row = next(_plain_rows(path, file_format, separator, columns, table, faults), (path, None))
    if row is None:
        return True  # whatever reads it will say what is wrong
    if file_format in ("tsv", "csv"):
        names = [strip_invisible(name) for name in row] if _has_header(columns, table) else []
        return all(column in names if isinstance(column, str) else column < len(row) for column in columns)
    return all(column in row if isinstance(row, dict) else column in range(len(row)) for column in columns)


def first_cells(path: str | os.PathLike, table: TableFormat) -> list[str]:
    """Return what the first row of a file calls its columns, or has in them; of JSON objects the names.

    Args:
        path: The file.
        table: How it is written.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "test.csv")
        >>> _ = path.write_text("left,right" + chr(10) + "so,good" + chr(10))
        >>> first_cells(path, TableFormat())
        ['left', 'right']
    """
    path = os.fspath(path)
    file_format, separator = _format_of(path, table)
    _, row = next(_plain_rows(path, file_format, separator, (), table, Faults("skip")), (path, ()))
    return [strip_invisible(str(cell))[:40] for cell in row]


def _memory_rows(items) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(items):
        if not isinstance(item, (dict, list, tuple)):
            raise TypeError(f"example {number}: expected a tuple, list or dict, received {type(item).__name__}")
        yield f"example {number}", item


def _has_header(columns, table: TableFormat) -> bool:
    return any(isinstance(column, str) for column in columns) if table.header is None else table.header


def _file_rows(path: str, columns, table: TableFormat, faults: Faults) -> Iterator[tuple[str, Any]]:
    file_format, separator = _format_of(path, table)
    rows = _plain_rows(path, file_format, separator, columns, table, faults)
    if file_format in ("jsonl", "json", "fasttext"):
        yield from _even(rows, path, columns, table, "", faults)
    elif _has_header(columns, table):
        yield from _rows_under_header(rows, path, columns, table, separator, faults)
    else:
        if by_name := [column for column in columns if isinstance(column, str)]:
            raise ValueError(
                f"{path}: column {by_name[0]!r} is asked for by name, and there is no header to find it in"
            )
        yield from _even(rows, path, columns, table, separator, faults)


def _format_of(path: str, table: TableFormat) -> tuple[str, str]:
    """Return the format and the separator of a file, by what the user says, its suffix and its content."""
    suffix = os.path.splitext(path[:-3] if path.lower().endswith(".gz") else path)[1].lower()
    file_format, separator = table.file_format, table.separator
    first = [line.text for line in _first_lines(path, table.encoding)]
    kind = why_no_data(first[0]) if first else None
    if first and first[0].lstrip().lower().startswith("sep="):
        kind = "a line for Excel; take it out, and pass separator="
    if kind:
        raise ValueError(f"{path}:1: not a table: {kind}")
    if file_format is None:
        file_format = _SUFFIXES.get(suffix)
        if separator is not None and suffix not in (".tsv", ".csv"):
            file_format = "tsv" if separator == "\t" or len(separator) > 1 else "csv"
        elif separator is not None and len(separator) > 1:
            file_format = "tsv"
        elif first and first[0].startswith(_LABEL) and suffix not in (".tsv", ".csv"):
            file_format = "fasttext"
        elif file_format is None:
            raise ValueError(
                f"{path}: cannot tell the format by the suffix {suffix!r}; pass file_format='tsv', 'csv', 'jsonl', "
                "'json' or 'fasttext'"
            )
        elif file_format not in ("json", "jsonl") and first and is_json_row(first[0]):
            raise ValueError(f"{path}:1: holds JSON, not a table; pass file_format='jsonl' or 'json'")
    return file_format, separator or ("," if file_format == "csv" else "\t")


def _first_lines(path: str, encoding: str | None):
    """Return the first two lines that can be read and are not empty."""
    found = []
    for line in read_lines(path, encoding=encoding):
        if line.problem and line.problem.startswith("not text"):
            raise ValueError(f"{path}:{line.number}: {line.problem}")
        if line.text.strip():
            found.append(line)
        if len(found) == 2:
            break
    return found


def _plain_rows(path: str, file_format: str, separator: str, columns, table: TableFormat, faults: Faults):
    if file_format in ("json", "jsonl"):
        return _without_empty_lines(_json_rows(path, columns, table.encoding, faults), faults)
    lines = _sound_lines(path, table.encoding, faults)
    if file_format in ("csv", "tsv"):
        rows = (_csv_rows if file_format == "csv" else _tsv_rows)(path, lines, separator, faults)
    else:
        rows = _fasttext_rows(path, lines, faults)
    return _without_empty_lines(rows, faults)


def _rows_under_header(rows, path: str, columns, table: TableFormat, separator: str, faults: Faults):
    place, names = next(rows, (path, None))
    if names is None:
        raise NoExamples(f"{path}: empty file, expected a header" + (f"; {faults.first}" if faults.first else ""))
    names = [strip_invisible(name) for name in names]
    for column in columns:
        if isinstance(column, str) and names.count(column) != 1:
            many = "" if names.count(column) else "; without a header, give the columns by number, from 0"
            if f'"{column}"' in names:
                many = f"; its cells are in quotation marks: pass file_format='csv' and separator={separator!r}"
            raise ValueError(
                f"{place}: expected one column {column!r}, the header has {', '.join(map(repr, names))}"
                f"{_other_separator(names, separator) or many}"
            )
        if isinstance(column, int) and not -len(names) <= column < len(names):
            raise ValueError(
                f"{place}: no column {column} in a header of {len(names)}{_other_separator(names, separator)}"
            )
    for place, cells in rows:
        if len(names) > 1 and _sorted_names(cells) == _sorted_names(names):
            faults.add(f"{place}: the header again; were files joined?", "headers within the file")
        elif (cells := _fitted(cells, len(names), "the header", place, table, separator, faults)) is not None:
            yield place, {**dict(zip(names, cells)), **dict(enumerate(cells))}


def _even(rows, path: str, columns, table: TableFormat, separator: str, faults: Faults) -> Iterator[tuple[str, Any]]:
    """Rows without a header, or of JSON: those that are lists must have as many cells as most of the first have."""
    begin = list(itertools.islice(rows, _MANY_ROWS))
    counts = collections.Counter(len(row) for _, row in begin if not isinstance(row, dict))
    num_cells = counts.most_common(1)[0][0] if counts else None
    for column in columns:
        if counts and isinstance(column, int) and not -num_cells <= column < num_cells:
            place, row = next((place, row) for place, row in begin if not isinstance(row, dict))
            hint = _other_separator(row, separator) if separator else ""
            raise ValueError(f"{place}: no column {column!r} in a row of {len(row)}: {str(row)[:80]}{hint}")
    if separator and table.header is None and begin and _is_header(begin[0][1], columns):
        what_to_do = "pass header=True, or False to read it as a row"
        raise ValueError(f"{begin[0][0]}: {str(begin[0][1])[:80]} looks like a header; {what_to_do}")
    names = [column for column in columns if isinstance(column, str)]
    for place, row in itertools.chain(begin, rows):
        if isinstance(row, dict) and len(names) > 1 and all(row.get(name) == name for name in names):
            faults.add(f"{place}: the names of the columns again; were files joined?", "headers within the file")
        elif isinstance(row, dict) or num_cells is None:
            yield place, row
        elif (row := _fitted(row, num_cells, "most rows", place, table, separator, faults)) is not None:
            yield place, row


def _sorted_names(cells: Sequence[str]) -> list[str]:
    return sorted(strip_invisible(cell).casefold() for cell in cells)


def _is_header(cells: Sequence[str], columns) -> bool:
    """Whether cells where a text and a label are expected look like names of columns, or are numbered by pandas."""
    names = [cells[column] for column in columns if isinstance(column, int) and column < len(cells)]
    numbers = list(map(str, range(len(cells))))
    is_numbered = len(cells) > 1 and list(cells) in (numbers, ["", *numbers[:-1]])
    return is_numbered or all(strip_invisible(name).casefold() in _HEADER_WORDS for name in names)


def _fitted(cells, num_cells: int, of_what: str, place: str, table: TableFormat, separator: str, faults: Faults):
    """Return the cells of a row that has as many as it should; None for another, which is a fault."""
    if len(cells) == num_cells:
        return cells
    have = "have" if of_what == "most rows" else "has"
    message = f"{place}: {len(cells)} cell{'s' * (len(cells) != 1)}, {of_what} {have} {num_cells}"
    if len(cells) < num_cells:
        hint = "; a line end within a text, or a cell too few?" if separator else ""
        faults.add(message + hint, "rows with too few cells")
        return None
    if table.more_cells or all(
        cell is None or isinstance(cell, str) and not cell.strip() for cell in cells[num_cells:]
    ):
        return cells[:num_cells]  # what spreadsheets write behind the last cell
    if separator:
        wrong = "put a text with a comma in quotation marks" if separator == "," else "a separator within a text?"
        message += f": {wrong}; more_cells=True leaves further cells out"
    faults.add(message, "rows with too many cells")
    return None


def _other_separator(cells: Sequence, separator: str) -> str:
    """Return a hint where a row is one cell that others would part."""
    if len(cells) != 1 or not isinstance(cells[0], str):
        return ""
    found = max((other for other in "\t;,|" if other != separator), key=cells[0].count)
    return f"; is it parted by {found!r}? pass separator={found!r}" if found in cells[0] else ""


def _sound_lines(path: str, encoding: str | None, faults: Faults) -> Iterator[tuple[int, str]]:
    is_continued = False
    for line in read_lines(path, encoding=encoding):
        if line.is_cut or is_continued:
            if not is_continued:
                faults.add(f"{path}:{line.number}: line of more than 1 MiB", "lines of more than 1 MiB")
        elif line.problem:
            faults.add(f"{path}:{line.number}: {line.problem}", "lines that cannot be read")
        else:
            yield line.number, line.text
        is_continued = line.is_cut


def _without_empty_lines(rows: Iterator[tuple[str, Sequence[str] | None]], faults: Faults):
    """Pass over lines of nothing, which are None: those behind the last row without a word, the others counted.

    In a table of one column such a line may be an empty cell, and is a fault: further rows would change their numbers.
    """
    empty, passed, has_one_cell = [], [], None
    for place, cells in rows:
        if cells is None:
            empty.append(place)
            continue
        if has_one_cell:
            for line in empty:
                faults.add(f"{line}: empty line", "empty lines")
        else:
            passed += empty
        empty.clear()
        has_one_cell = isinstance(cells, list) and len(cells) == 1 if has_one_cell is None else has_one_cell
        yield place, cells
    if passed:
        _logger.warning("passed over %d empty lines, the first: %s", len(passed), passed[0])


def _tsv_rows(path: str, lines: Iterator[tuple[int, str]], separator: str, faults: Faults):
    for number, text in lines:
        if not text.strip():
            if separator in text:
                faults.add(f"{path}:{number}: empty line", "empty lines")
            else:
                yield f"{path}:{number}", None
            continue
        cells = text.split(separator)
        if any(len(cell) > 1 and cell[0] == cell[-1] == '"' and '""' in cell[1:-1] for cell in cells):
            kind = "a cell in quotation marks, which a tsv keeps (file_format='csv' takes them off)"
            faults.doubt(kind, f"{path}:{number}")
        yield f"{path}:{number}", cells


def _csv_rows(path: str, lines: Iterator[tuple[int, str]], separator: str, faults: Faults):
    begin, last, has_gap = None, 0, False  # of the row that is being read

    def numbered() -> Iterator[str]:
        nonlocal begin, last, has_gap
        for number, text in lines:
            has_gap |= begin is not None and number > last + 1
            begin, last = begin or number, number
            yield text + "\n"

    reader = csv.reader(numbered(), strict=True, delimiter=separator)
    while True:
        begin, has_gap = None, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the reader continues with the next line
            swallowed = f", lines {begin} to {last} (a quotation mark left open?)" if last > begin else ""
            advice = "; longer texts are read from TSV and JSON Lines" if "field limit" in str(error) else ""
            faults.add(f"{path}:{begin}: {error}{swallowed}{advice}", "rows that are no CSV")
            continue
        if has_gap:  # a faulty line within it, which was counted, is not in its text
            continue
        if len(cells) < 2 and not "".join(cells).strip():
            yield f"{path}:{begin}", None
            continue
        if not any(cell.strip() for cell in cells):
            faults.add(f"{path}:{begin}: empty line", "empty lines")
            continue
        if any(cell[-1:] == '"' != cell[:1] and cell.count('"') % 2 for cell in cells):
            faults.doubt(
                "a cell that ends in a quotation mark and begins in none", f"{path}:{begin}: {str(cells)[:80]}"
            )
        yield f"{path}:{begin}", cells


def _json_rows(path: str, columns, encoding: str | None, faults: Faults):
    names = [column for column in columns if isinstance(column, str)]
    for row in read_json_rows(path, own_keys=names, tables=True, empty_lines=True, encoding=encoding):
        if row.problem and row.kind == EMPTY_LINE:
            yield row.place, None
        elif row.problem:
            faults.add(f"{row.place}: {row.problem}", row.kind)
        elif isinstance(row.value, (dict, list)):
            yield row.place, row.value
        else:
            message = f"{row.place}: expected a JSON object or array, received {type(row.value).__name__}"
            faults.add(message, "lines that are no row")


def _fasttext_rows(path: str, lines: Iterator[tuple[int, str]], faults: Faults):
    """Rows of the columns `label`, or a list of several, and `text`, from lines `__label__x __label__y a text`."""
    for number, text in lines:
        words = text.split()
        labels = list(itertools.takewhile(lambda word: word.startswith(_LABEL), words))
        if not words:
            yield f"{path}:{number}", None
        elif not labels:
            faults.add(
                f"{path}:{number}: expected {_LABEL} and a label, received {text[:40]!r}", "lines without a label"
            )
        else:
            names = [label.removeprefix(_LABEL).rstrip(",") for label in labels]
            rest = text.lstrip()
            for label in labels:
                rest = rest[len(label) :].lstrip()
            yield f"{path}:{number}", {"label": names if len(names) > 1 else names[0], "text": rest.removeprefix(", ")}
