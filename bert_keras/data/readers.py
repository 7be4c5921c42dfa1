"""Labelled texts from TSV, CSV and JSONL files and from lists: one row, one example, every fault with its place."""

import csv
import json
import logging
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bert_keras.data.examples import Examples
from bert_keras.data.text_lines import read_lines

_logger = logging.getLogger(__name__)
_FORMATS = {".tsv": "tsv", ".txt": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
Column = str | int


def read_examples(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    text_column: Column,
    second_text_column: Column | None = None,
    label_column: Column | None = None,
    label_names: Sequence[str] | None = None,
    regression: bool = False,
    label_separator: str | None = None,
    file_format: str | None = None,
    header: bool | None = None,
    errors: str = "raise",
) -> Examples:
    r"""Reads labelled texts out of files, or out of tuples and dicts in memory.

    Columns are given by name, or by index from 0. TSV files are taken as they are, as GLUE's want it: a quotation mark
    is a character like any other. CSV fields may be quoted, and then hold commas and line ends. Files are UTF-8 with
    or without a byte order mark, with either kind of line end, plain or `.gz`.

    Args:
        source: One file, a list of files of the same layout, or an iterable of tuples, lists or dicts.
        text_column: The (first) text.
        second_text_column: The second text of a pair.
        label_column: The label; without it the examples have none.
        label_names: The classes in the order of their numbers, `examples.label_names` of the training data: then a
            label that training has not seen is an error. None takes the labels found, sorted (numbers by value).
        regression: Labels are numbers to predict, not classes.
        label_separator: A text may have several labels or none, in one cell with this between them, or as a JSON list.
        file_format: `"tsv"`, `"csv"` or `"jsonl"`; None goes by the file's suffix.
        header: Whether the first line names the columns; None means so if a column is given by name.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were and where the first one is.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a column is missing in the header or a row, a line is empty, not UTF-8, holds a
            NUL or more than 1 MiB, a label is unknown or not a number; or nothing at all was read.

    Example:
        >>> examples = read_examples([("so good", "pos"), ("so bad", "neg")], text_column=0, label_column=1)
        >>> examples.labels, examples.label_names
        ((1, 0), ('neg', 'pos'))
    """
    if errors not in ("raise", "skip"):
        raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
    faults = _Faults(errors)
    columns = [text_column, second_text_column, label_column]
    if header is None:
        header = any(isinstance(column, str) for column in columns)
    texts, seconds, labels, places = [], [], [], []
    for place, row in _rows(source, columns, header, file_format, faults):
        try:
            text, second = (None if column is None else _cell(row, column) for column in columns[:2])
            label = None if label_column is None else _label(row, label_column, regression, label_separator)
            for name in () if regression or label is None or label_names is None else _as_tuple(label):
                if name not in label_names:
                    raise ValueError(f"label {name!r} is not among the known ones: {', '.join(map(repr, label_names))}")
        except (ValueError, TypeError) as error:
            faults.add(f"{place}: {error}")
            continue
        texts.append(str(text))
        seconds.append(None if second is None else str(second))
        labels.append(label)
        places.append(place)
    if faults.count:
        _logger.warning("skipped %d of %d rows, the first: %s", faults.count, faults.count + len(texts), faults.first)
    if not texts:
        raise ValueError(
            f"no examples in {source!r}{f'; skipped {faults.count}: {faults.first}' if faults.count else ''}"
        )
    if label_column is None or regression:
        numbers, names = (None if label_column is None else tuple(labels)), None
    else:
        found = {name for label in labels for name in _as_tuple(label)}
        names = tuple(sorted(found, key=_by_value)) if label_names is None else tuple(label_names)
        number_of = {name: number for number, name in enumerate(names)}
        if label_separator is None:
            numbers = tuple(number_of[label] for label in labels)
        else:
            numbers = tuple(tuple(sorted({number_of[name] for name in label})) for label in labels)
    return Examples(tuple(texts), None if second_text_column is None else tuple(seconds), numbers, names, faults.count)


class _Faults:
    """Raises at the first faulty row, or counts them."""

    def __init__(self, errors: str):
        self.errors = errors
        self.count = 0
        self.first = ""

    def add(self, message: str):
        if self.errors == "raise":
            raise ValueError(message)
        self.count += 1
        self.first = self.first or message


def _by_value(label: str) -> tuple:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def _rows(source, columns, header, file_format, faults) -> Iterator[tuple[str, Any]]:
    """Yields (place, row) pairs; a row is a list of cells or a dict."""
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    for number, item in enumerate(source):
        if isinstance(item, (str, os.PathLike)):
            yield from _file_rows(os.fspath(item), columns, header, file_format, faults)
        elif isinstance(item, (dict, list, tuple)):
            yield f"example {number}", item
        else:
            raise TypeError(f"example {number}: expected a tuple, list or dict, received {type(item).__name__}")


def _file_rows(path: str, columns, header: bool, file_format: str | None, faults: _Faults) -> Iterator[tuple[str, Any]]:
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
        # Cells beyond the header stay out, as in STS-B; missing ones are found where they are asked for.
        yield place, {**dict(zip(names, cells, strict=False)), **dict(enumerate(cells))}


def _sound_lines(path: str, faults: _Faults) -> Iterator[tuple[int, str]]:
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


def _tsv_rows(path: str, lines: Iterator[tuple[int, str]], faults: _Faults) -> Iterator[tuple[str, list[str]]]:
    for number, text in lines:
        if text.strip():
            yield f"{path}:{number}", text.split("\t")
        else:
            faults.add(f"{path}:{number}: empty line")


def _csv_rows(path: str, lines: Iterator[tuple[int, str]], faults: _Faults) -> Iterator[tuple[str, list[str]]]:
    last = 0

    def numbered() -> Iterator[str]:
        nonlocal last
        for number, text in lines:
            last = number
            yield text + "\n"

    reader = csv.reader(numbered(), strict=True)
    while True:
        begin = last + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(f"{path}:{begin}: {error} (a quotation mark left open?)")
            return
        if cells:
            yield f"{path}:{begin}", cells
        else:
            faults.add(f"{path}:{begin}: empty line")


def _jsonl_rows(path: str, lines: Iterator[tuple[int, str]], faults: _Faults) -> Iterator[tuple[str, Any]]:
    for number, text in lines:
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            faults.add(f"{path}:{number}: {'not JSON: ' + str(error) if text.strip() else 'empty line'}")
            continue
        if isinstance(row, (dict, list)):
            yield f"{path}:{number}", row
        else:
            faults.add(f"{path}:{number}: expected a JSON object or array, received {type(row).__name__}")


def _label(row, column: Column, regression: bool, separator: str | None) -> float | str | tuple[str, ...]:
    if separator is not None:
        value = _value(row, column)
        names = value if isinstance(value, (list, tuple)) else str(value).split(separator)
        return tuple(name for name in (str(name).strip() for name in names) if name)
    value = _cell(row, column)
    if not regression:
        return str(value)
    if not math.isfinite(value := float(value)):
        raise ValueError(f"expected a finite number as the label, received {value}")
    return value


def _as_tuple(label) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else (label,)


def _value(row, column: Column):
    try:
        return row[column]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"no column {column!r} in a row of {len(row)}: {str(row)[:80]}") from None


def _cell(row, column: Column):
    value = _value(row, column)
    if value is None or isinstance(value, (dict, list)):
        raise ValueError(f"column {column!r} holds {str(value)[:40]}, expected a text or a number")
    return value
