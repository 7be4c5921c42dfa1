"""Rows of TSV, CSV and JSONL files, or of tuples and dicts: each with its place, every fault told or counted."""

import csv
import logging
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

from bert_keras.data.files.text_lines import read_lines
from bert_keras.json_text import parse_json

_logger = logging.getLogger(__name__)
_FORMATS = {".tsv": "tsv", ".txt": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
Column = str | int


class Faults:
    """Raises at the first faulty row, or counts them.

    Args:
        errors: `"raise"` or `"skip"`.

    Raises:
        ValueError: For another word.
    """

    def __init__(self, errors: str):
        if errors not in ("raise", "skip"):
            raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
        self.errors = errors
        self.count = 0
        self.first = ""

    def add(self, message: str):
        """Raises `ValueError` with the message, or counts it."""
        if self.errors == "raise":
            raise ValueError(message)
        self.count += 1
        self.first = self.first or message

    def report(self, num_sound: int, source):
        """Logs how many rows were skipped; raises `ValueError` if nothing else was there."""
        if self.count:
            _logger.warning("skipped %d of %d rows, the first: %s", self.count, self.count + num_sound, self.first)
        if not num_sound:
            skipped = f"; skipped {self.count}: {self.first}" if self.count else ""
            raise ValueError(f"no examples in {source!r}{skipped}")


def read_rows(
    source, columns: Sequence[Column | None], header: bool | None, file_format: str | None, faults: Faults
) -> Iterator[tuple[str, Any]]:
    """Yields rows with their places.

    Args:
        source: One file, a list of files of the same layout, or an iterable of tuples, lists or dicts.
        columns: The columns that will be asked for; a header must have those given by name, once.
        header: Whether the first line names the columns; None means so if a column is given by name.
        file_format: `"tsv"`, `"csv"` or `"jsonl"`; None goes by the file's suffix.
        faults: Gets every fault.

    Yields:
        (`"file:line"`, a list of cells or a dict).
    """
    if header is None:
        header = any(isinstance(column, str) for column in columns)
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    for number, item in enumerate(source):
        if isinstance(item, (str, os.PathLike)):
            yield from _file_rows(os.fspath(item), columns, header, file_format, faults)
        elif isinstance(item, (dict, list, tuple)):
            yield f"example {number}", item
        else:
            raise TypeError(f"example {number}: expected a tuple, list or dict, received {type(item).__name__}")


def _file_rows(path: str, columns, header: bool, file_format: str | None, faults: Faults) -> Iterator[tuple[str, Any]]:
    suffix = os.path.splitext(path.removesuffix(".gz"))[1].lower()
    file_format = file_format or _FORMATS.get(suffix)
    if file_format not in ("tsv", "csv", "jsonl"):
        raise ValueError(
            f"{path}: cannot tell the format by the suffix {suffix!r}; pass file_format='tsv', 'csv' or 'jsonl'"
        )
    lines = _sound_lines(path, faults)
    rows = {"tsv": _tsv_rows, "csv": _csv_rows, "jsonl": _jsonl_rows}[file_format](path, lines, faults)
    if file_format == "jsonl" or not header:
        yield from rows
        return
    place, names = next(rows, (path, None))
    if names is None:
        raise ValueError(f"{path}: empty file, expected a header")
    for column in columns:
        if isinstance(column, str) and names.count(column) != 1:
            raise ValueError(f"{place}: expected one column {column!r}, the header has {', '.join(map(repr, names))}")
    for place, cells in rows:
        if file_format == "csv" and any(cells[len(names) :]):
            faults.add(
                f"{place}: {len(cells)} cells, the header has {len(names)}: put a text with a comma in quotation marks"
            )
            continue
        # Of TSV cells beyond the header stay out, as in STS-B; missing ones are found where they are asked for.
        yield place, {**dict(zip(names, cells, strict=False)), **dict(enumerate(cells))}


def _sound_lines(path: str, faults: Faults) -> Iterator[tuple[int, str]]:
    is_continued = False
    for line in read_lines(path):
        if line.is_cut or is_continued:
            if not is_continued:
                faults.add(f"{path}:{line.number}: line of more than 1 MiB")
        elif line.problem:
            faults.add(f"{path}:{line.number}: {line.problem}")
        else:
            yield line.number, line.text
        is_continued = line.is_cut


def _tsv_rows(path: str, lines: Iterator[tuple[int, str]], faults: Faults) -> Iterator[tuple[str, list[str]]]:
    for number, text in lines:
        if text.strip():
            yield f"{path}:{number}", text.split("\t")
        else:
            faults.add(f"{path}:{number}: empty line")


def _csv_rows(path: str, lines: Iterator[tuple[int, str]], faults: Faults) -> Iterator[tuple[str, list[str]]]:
    begin, last, has_gap = None, 0, False  # of the row that is being read

    def numbered() -> Iterator[str]:
        nonlocal begin, last, has_gap
        for number, text in lines:
            has_gap |= begin is not None and number > last + 1
            begin, last = begin or number, number
            yield text + "\n"

    reader = csv.reader(numbered(), strict=True)
    while True:
        begin, has_gap = None, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the reader goes on with the next line
            swallowed = f", lines {begin} to {last} (a quotation mark left open?)" if last > begin else ""
            faults.add(f"{path}:{begin}: {error}{swallowed}")
            continue
        if has_gap:  # a faulty line within it, which was counted, is not in its text
            continue
        if cells:
            yield f"{path}:{begin}", cells
        else:
            faults.add(f"{path}:{begin}: empty line")


def _jsonl_rows(path: str, lines: Iterator[tuple[int, str]], faults: Faults) -> Iterator[tuple[str, Any]]:
    for number, text in lines:
        try:
            row = parse_json(text)
        except ValueError as error:
            faults.add(f"{path}:{number}: {'not JSON: ' + str(error) if text.strip() else 'empty line'}")
            continue
        if isinstance(row, (dict, list)):
            yield f"{path}:{number}", row
        else:
            faults.add(f"{path}:{number}: expected a JSON object or array, received {type(row).__name__}")


def is_missing(value) -> bool:
    """Whether a value says that there is none: None, or the NaN that pandas puts in an empty cell."""
    return value is None or isinstance(value, float) and math.isnan(value)


def value_of(row, column: Column):
    """What stands in a column of a row, whatever it is; raises `ValueError` where there is no such column."""
    try:
        return row[column]
    except (KeyError, IndexError, TypeError):
        if isinstance(row, dict) and 0 in row:  # a row under a header has its cells by name and by number
            row = [cell for key, cell in row.items() if isinstance(key, int)]
        raise ValueError(f"no column {column!r} in a row of {len(row)}: {str(row)[:80]}") from None


def cell_of(row, column: Column):
    """The text or number in a column of a row; raises `ValueError` where there is none."""
    value = value_of(row, column)
    if is_missing(value) or isinstance(value, (dict, list)):
        raise ValueError(f"column {column!r} holds {str(value)[:40]}, expected a text or a number")
    return value
