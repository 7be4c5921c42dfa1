"""Labelled texts from tables in files and in memory: one row, one example, every fault with its place."""

import collections
import logging
import os
from collections.abc import Iterable, Sequence

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.label_names import (
    KnownLabels,
    alike,
    by_value,
    hold_a_separator,
    holds_names,
    is_number,
    one_spelling,
    yes_or_no,
)
from bert_keras.data.files.cells import Column, clean_label, is_missing, label_of, number_of, text_of, value_of
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.list_cells import list_in_cell
from bert_keras.data.files.table_files import check_columns, read_rows
from bert_keras.table_format import TableFormat

_logger = logging.getLogger(__name__)
_MANY_CLASSES = 20  # of which nearly every text has its own
_LONG_LABEL = 40  # characters, in the mean


def read_examples(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    text_column: Column,
    second_text_column: Column | None = None,
    label_column: Column | None = None,
    label_columns: Sequence[Column] = (),
    label_names: Sequence[str] | None = None,
    regression: bool = False,
    label_separator: str | None = None,
    decimal: str = ".",
    file_format: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    more_cells: bool = False,
    errors: str | Faults = "raise",
) -> Examples:
    r"""Read labelled texts out of files, or out of tuples and dicts in memory.

    Columns are given by name, or by index from 0. TSV files are taken as they are, as GLUE's want it: a quotation mark
    is a character like any other. CSV fields may be quoted, and then hold commas and line ends. Files are plain or
    `.gz`, with or without a byte order mark, with any kind of line end.

    A row is sound if it has as many cells as the header or, without one, as most rows; a text that shows something;
    and a label. What is suspicious and may yet be right is read, counted and logged: classes that differ by case or
    spaces only, damaged characters, the label column's being a text, and so on. `1` and `1.0` are one class.

    Args:
        source: One file, a list of files of the same layout, an iterable of tuples, lists or dicts, or a DataFrame of
            pandas.
        text_column: The (first) text.
        second_text_column: The second text of a pair.
        label_column: The label; without it the examples have none, and a text may be empty: predictions go by the
            number of the row.
        label_columns: Columns of 0 and 1 (or true and false, yes and no), each a label that a text has or has not,
            called as its column. A column of names instead makes a label of each, called `column=name`.
        label_names: The classes in the order of their numbers, `examples.label_names` of the training data: then a
            label that training has not seen is an error. None takes the labels found, sorted (numbers by value).
        regression: Labels are numbers to predict, not classes.
        label_separator: A text may have several labels or none, in one cell with this between them, or as a list: of
            JSON, or written out in the cell as JSON or Python writes it, `["a", "b"]` or `['a', 'b']`.
        decimal: What stands before the decimals of a regression's numbers, `"."` or `","`.
        file_format: `"tsv"`, `"csv"`, `"jsonl"`, `"json"` or `"fasttext"` (`__label__x a text`; columns `"label"` and
            `"text"`); None goes by the file's suffix and its beginning.
        separator: What stands between two cells, `";"` or another; None for a tab in TSV and a comma in CSV.
        encoding: `"gbk"`, `"cp1252"` or any other of Python's; None for UTF-8, or what a byte order mark says.
        header: Whether the first line names the columns; None means so if a column is given by name.
        more_cells: Whether a row may have more cells than the header, as in STS-B; they are left out.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were of each kind and where.
            An `AllFaults` keeps all of them instead.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a column is missing in the header, a row has too few or too many cells, is
            empty or the header again, cannot be read in the encoding, holds a NUL or more than 1 MiB; a text is empty
            or no text; a label is missing, unknown or not a number. Or nothing at all was read.

    Example:
        >>> examples = read_examples([("so good", "pos"), ("so bad", "neg")], text_column=0, label_column=1)
        >>> examples.labels, examples.label_names
        ((1, 0), ('neg', 'pos'))
        >>> rows = [{"text": "you fool", "toxic": 1, "threat": 0}, {"text": "thanks", "toxic": 0, "threat": 0}]
        >>> examples = read_examples(rows, text_column="text", label_columns=("toxic", "threat"))
        >>> examples.labels, examples.label_names
        (((0,), ()), ('toxic', 'threat'))
    """
    if label_columns and (label_column is not None or regression or label_separator is not None):
        raise ValueError("expected either label_columns, or label_column with regression or label_separator")
    table, faults = TableFormat(file_format, separator, encoding, header, more_cells), Faults.of(errors)
    known = KnownLabels(None if label_columns else label_names)

    def label(row, place):
        if label_columns:
            return [label_of(row, column, place, faults) for column in label_columns]
        if label_column is None:
            return None
        if regression:
            return number_of(row, label_column, decimal)
        if label_separator is None:
            return known.find(label_of(row, label_column, place, faults))
        return [known.find(name) for name in _several(row, label_column, label_separator, place, faults)]

    places, texts, seconds, labels = [], [], [], []
    has_labels = bool(label_columns) or label_column is not None
    asked = [text_column, second_text_column, label_column, *label_columns]
    check_columns(asked)
    for place, row in read_rows(source, asked, table, faults):
        try:
            read = (
                text_of(row, text_column, place, faults, may_be_empty=not has_labels),
                None if second_text_column is None
                else text_of(row, second_text_column, place, faults, may_be_empty=not has_labels),
                label(row, place),
            )  # fmt: skip
        except RowFault as fault:
            hint = "; is it a header? pass header=True" if place.endswith(":1") and isinstance(row, list) else ""
            faults.add(f"{place}: {fault}{hint}", fault.kind)
            continue
        for list_, value in zip((places, texts, seconds, labels), (place, *read)):
            list_.append(value)
    if header is None and label_column is not None and places and places[0].endswith(":1"):
        _check_first(labels, texts[0], places[0], isinstance(label_column, int))
    if label_columns:
        labels, names = _from_columns(labels, label_columns, label_names, places, faults)
        kept = [number for number, numbers in enumerate(labels) if numbers is not None]
        lists = (texts, seconds, labels, places)
        texts, seconds, labels, places = (tuple(values[number] for number in kept) for values in lists)
    faults.report(len(texts), source)
    if not has_labels or regression:
        labels, names = (tuple(labels) if has_labels else None), None
    elif not label_columns:
        labels, names = _numbered(labels, label_names, label_column, source)
    seconds = None if second_text_column is None else tuple(seconds)
    return Examples(tuple(texts), seconds, labels, names, faults.count, places=tuple(places))


def _check_first(labels: list, text: str, place: str, has_no_header: bool):
    """Raise `ValueError` if the first label of a file is a word and all others are numbers; doubt one of its own."""
    first, others = labels[0], labels[1:]
    if not has_no_header or not isinstance(first, str) or len(others) < 2 or first in others:
        return
    what_to_do = "pass header=True, or False to read it as a row"
    if not is_number(first) and all(map(is_number, others)):
        raise ValueError(f"{place}: {first!r} among labels that are numbers looks like a header; {what_to_do}")
    if min(collections.Counter(others).values()) > 1:
        _logger.warning(
            "%s: no other row has the label %r (of %.60r): is it a header? %s", place, first, text, what_to_do
        )


def _several(row, column: Column, separator: str, place: str, faults: Faults) -> list[str]:
    value = value_of(row, column)
    if isinstance(value, str) and (items := list_in_cell(value)) is not None:
        value = items
    values = value if isinstance(value, (list, tuple)) else [] if is_missing(value) else str(value).split(separator)
    if isinstance(value, dict) or any(isinstance(name, (dict, list, tuple)) for name in values):
        raise RowFault(f"column {column!r} holds {str(value)[:40]}, expected labels", "rows without a label")
    return [
        clean_label(name, column, place, faults)
        for name in (name.strip() if isinstance(name, str) else name for name in values)
        if not is_missing(name) and name != ""
    ]


def _from_columns(rows: list, columns: Sequence[Column], label_names, places: list[str], faults: Faults):
    """For each row the numbers of its labels, or None where it is faulty; and the labels' names."""
    cells_of = dict(zip(columns, zip(*rows)))
    names, label_of_cell = [], []  # for each column {cell: label}, or None where it holds 0 and 1
    for column in columns:
        is_named = holds_names(cells_of.get(column, ())) if label_names is None else str(column) not in label_names
        found = sorted(set(cells_of.get(column, ()))) if is_named else ()
        label_of_cell.append({cell: f"{column}={cell}" for cell in found} if is_named else None)
        names += label_of_cell[-1].values() if is_named else [str(column)]
    names = tuple(names if label_names is None else label_names)
    if label_names is None:
        for group, what in alike(names):
            _logger.warning("labels %s are labels of their own and %s", ", ".join(map(repr, group)), what)
    known, number_of, labels = KnownLabels(names), {name: number for number, name in enumerate(names)}, []
    for place, cells in zip(places, rows):
        try:
            found = [
                (str(column) if yes_or_no(cell, column) else None) if by_cell is None else known.find(by_cell[cell])
                for column, cell, by_cell in zip(columns, cells, label_of_cell)
            ]
            labels.append(tuple(sorted(number_of[name] for name in found if name is not None)))
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
            labels.append(None)
    return labels, names


def _numbered(labels: list, label_names: Sequence[str] | None, column: Column, source) -> tuple[tuple, tuple[str, ...]]:
    """Class numbers, and the names of the classes; logs which of those look like a mistake."""
    is_multi_label = any(isinstance(label, list) for label in labels)
    counts = collections.Counter(name for label in labels for name in (label if is_multi_label else [label]))
    if label_names is None:
        spelling = one_spelling(counts)
        names = tuple(sorted(set(spelling.values()), key=by_value))
        _warn_of(names, counts, spelling, len(labels), column, source, is_multi_label)
    else:
        spelling, names = {name: name for name in label_names}, tuple(label_names)
    number_of = {name: number for number, name in enumerate(names)}
    if is_multi_label:
        return tuple(tuple(sorted({number_of[spelling[name]] for name in label})) for label in labels), names
    return tuple(number_of[spelling[label]] for label in labels), names


def _warn_of(names, counts, spelling, num_rows: int, column: Column, source, is_multi_label: bool):
    where = (
        f"column {column!r} of {str(source)[:200]}" if isinstance(source, (str, os.PathLike)) else f"column {column!r}"
    )
    for long, short in spelling.items():
        if long != short:
            _logger.warning(
                "%s: labels %r (%d rows) and %r (%d) are one class", where, short, counts[short], long, counts[long]
            )
    words = [name for name in names if not is_number(name)]
    if 0 < len(words) < len(names) and (rows := sum(counts[name] for name in words)) <= max(1, num_rows / 100):
        _logger.warning("%s: %d rows have labels that are no numbers, as the others are: %r", where, rows, words[:10])
    for group, what in alike(names):
        shown = ", ".join(f"{name!r} ({counts[name]} rows)" for name in group)
        _logger.warning("%s: %s are classes of their own and %s", where, shown, what)
    if separator := hold_a_separator(names):
        _logger.warning(
            "%s: some labels are several others with %r between them; label_separator=%r reads them as several",
            where, separator, separator,
        )  # fmt: skip
    if len(names) > max(_MANY_CLASSES, num_rows / 2) and not is_multi_label:
        length = sum(map(len, names)) / len(names)
        message = f"{where}: {len(names)} labels in {num_rows} rows, such as {names[0][:60]!r}"
        if length > _LONG_LABEL:
            raise ValueError(f"{message}: is that the column of the texts?")
        _logger.warning("%s; for numbers to predict, say regression=True", message)
