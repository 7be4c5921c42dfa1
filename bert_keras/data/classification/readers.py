"""Labelled texts from TSV, CSV and JSONL files and from lists: one row, one example, every fault with its place."""

import math
import os
from collections.abc import Iterable, Sequence

from bert_keras.data.classification.examples import Examples
from bert_keras.data.files.table_files import Column, Faults, cell_of, is_missing, read_rows, value_of


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
            NUL or more than 1 MiB, a label is missing, unknown or not a number; or nothing at all was read.

    Example:
        >>> examples = read_examples([("so good", "pos"), ("so bad", "neg")], text_column=0, label_column=1)
        >>> examples.labels, examples.label_names
        ((1, 0), ('neg', 'pos'))
    """
    faults = Faults(errors)
    columns = [text_column, second_text_column, label_column]
    texts, seconds, labels = [], [], []
    for place, row in read_rows(source, columns, header, file_format, faults):
        try:
            text, second = (None if column is None else cell_of(row, column) for column in columns[:2])
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
    faults.report(len(texts), source)
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


def _by_value(label: str) -> tuple:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def _label(row, column: Column, regression: bool, separator: str | None) -> float | str | tuple[str, ...]:
    if separator is not None:
        value = value_of(row, column)
        values = value if isinstance(value, (list, tuple)) else [] if is_missing(value) else str(value).split(separator)
        return tuple(name for value in values if not is_missing(value) and (name := str(value).strip()))
    value = cell_of(row, column)
    if not regression:
        if not (name := str(value).strip()):
            raise ValueError(f"column {column!r} is empty, expected a label")
        return name
    if not math.isfinite(value := float(value)):
        raise ValueError(f"expected a finite number as the label, received {value}")
    return value


def _as_tuple(label) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else (label,)
