"""Texts with several choices of which one is right, from SWAG's files and others of one row a text."""

import dataclasses
import logging
import os
import string
from collections.abc import Iterable, Sequence

from bert_keras.data.classification.label_names import one_spelling
from bert_keras.data.files.cells import Column, label_of, text_of
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.table_files import check_columns, read_rows
from bert_keras.table_format import TableFormat

_logger = logging.getLogger(__name__)
FirstLabel = int | str


@dataclasses.dataclass(frozen=True)
class Choices:
    """Texts, the choices of each, and which one is right.

    Attributes:
        contexts: The texts.
        choices: The choices of each text, equally many everywhere.
        labels: The number of the right choice, from 0; None where it is not known.
        num_skipped: Rows left out under `errors="skip"`.
        first_label: What the file calls the first choice: 0, 1 or "A".
        places: file:line of each text, where it comes from a file.
    """

    contexts: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    labels: tuple[int, ...] | None = None
    num_skipped: int = 0
    first_label: FirstLabel = 0
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __len__(self):
        return len(self.contexts)

    @property
    def label_names(self) -> tuple[str, ...]:
        """What the file calls the first choice, the second, and so on."""
        return tuple(_labels(self.first_label, len(self.choices[0])))


def read_choices(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    context_column: Column = "sent1",
    stem_column: Column | None = "sent2",
    choice_columns: Sequence[Column] = ("ending0", "ending1", "ending2", "ending3"),
    label_column: Column | None = "label",
    first_label: FirstLabel | None = None,
    file_format: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    more_cells: bool = False,
    errors: str | Faults = "raise",
) -> Choices:
    """Read texts with their choices out of TSV, CSV or JSONL files, or out of tuples and dicts in memory.

    The defaults are SWAG's columns: a sentence, the beginning of the next one, and four endings of that.

    Args:
        source: One file, a list of files of the same layout, or an iterable of tuples, lists or dicts.
        context_column: The text.
        stem_column: What each choice begins with; None where the choices are whole.
        choice_columns: The choices, two at least.
        label_column: The number of the right choice, or its letter; None for a file without.
        first_label: What the first choice is called: 0, 1 or "A". None goes by all labels of the source: letters, or
            numbers from 0 or from 1. Where they do not tell, as 1 and 2 of three choices do not, they count from 0,
            and a warning is logged.
        file_format: As for `read_examples`, as are the next five.
        separator: What stands between two cells.
        encoding: `"gbk"` or another, where it is not UTF-8.
        header: Whether the first line names the columns; None means so if a column is given by name.
        more_cells: Whether a row may have more cells than the header.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were of each kind and where.
            An `AllFaults` keeps all of them instead.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a row is unsound, or a label is not that of a choice. If labels count both from
            0 and up to the number of choices, or are letters and numbers; or nothing at all was read.

    Example:
        >>> row = {"sent1": "It rains.", "sent2": "She", "ending0": "swims.", "ending1": "opens her umbrella."}
        >>> read_choices([row | {"label": 1}], choice_columns=("ending0", "ending1")).choices
        (('She swims.', 'She opens her umbrella.'),)

    Reference:
        Zellers et al., 2018, https://arxiv.org/abs/1808.05326
    """
    if len(choice_columns) < 2:
        raise ValueError(f"choice_columns must be two at least, received {tuple(choice_columns)}")
    table, faults = TableFormat(file_format, separator, encoding, header, more_cells), Faults.of(errors)
    columns = [context_column, stem_column, *choice_columns, label_column]
    check_columns(columns)
    has_labels = label_column is not None
    rows, labels = [], []
    for place, row in read_rows(source, columns, table, faults):
        try:
            options = dict(place=place, faults=faults)
            context, *some = (
                text_of(row, column, **options, may_be_empty=not has_labels)
                for column in (context_column, *choice_columns)
            )
            stem = "" if stem_column is None else _stem(row, stem_column, **options)
            labels.append(label_of(row, label_column, **options) if has_labels else None)
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
            continue
        rows.append((place, context, tuple(f"{stem} {choice}".strip() for choice in some)))
    if has_labels and rows:
        spelling = one_spelling(labels)
        labels = [spelling[label] for label in labels]
        if first_label is None:
            first_label = _first_label(labels, [place for place, *_ in rows], len(choice_columns))
        known = {label: number for number, label in enumerate(_labels(first_label, len(choice_columns)))}
        for (place, *_), label in zip(rows, labels):
            if _short(label) not in known:
                message = f"{place}: expected a label from {min(known)} to {max(known)}, received {label!r}"
                faults.add(message, "rows with a label that is no choice")
        sound = [(row, known[_short(label)]) for row, label in zip(rows, labels) if _short(label) in known]
        rows, labels = [row for row, _ in sound], [label for _, label in sound]
    faults.report(len(rows), source)
    places, contexts, choices = zip(*rows)
    labels = tuple(labels) if has_labels else None
    return Choices(contexts, choices, labels, faults.count, first_label or 0, places)


def _stem(row, column: Column, place: str, faults: Faults) -> str:
    """Return what each choice begins with: of some questions nothing, which is no reason to wonder."""
    return text_of(row, column, place, Faults(faults.errors), may_be_empty=True).strip()


def _short(label: str) -> str:
    """`0` of `0.0`, as pandas writes a column with empty cells; `A` of `a`."""
    return label.removesuffix(".0").upper()


def _labels(first_label: FirstLabel, num_choices: int) -> list[str]:
    if first_label in (0, 1, "0", "1"):
        return [str(int(first_label) + number) for number in range(num_choices)]
    if first_label in ("A", "a"):
        return list(string.ascii_uppercase[:num_choices])
    raise ValueError(f"first_label must be 0, 1 or 'A', received {first_label!r}")


def _first_label(labels: Sequence[str], places: Sequence[str], num_choices: int) -> FirstLabel:
    """Return what the first choice is called, by all labels of a source."""
    first = {_short(label): place for label, place in reversed(list(zip(labels, places)))}
    counting = {name: [label for label in _labels(name, num_choices) if label in first] for name in (0, 1, "A")}
    options = "; first_label= says what the first choice is called, and errors='skip' leaves out what does not fit"
    if counting["A"]:
        if counting[0] or counting[1]:
            letter, number = counting["A"][0], (counting[0] or counting[1])[0]
            raise ValueError(f"labels are letters ({first[letter]}) and numbers ({first[number]}){options}")
        return "A"
    last = str(num_choices)
    if last not in first:
        if counting[0] and "0" not in first:
            found = ", ".join(counting[0])
            _logger.warning(
                "labels are %s, of %d choices: taken to count from 0; is it 1?%s", found, num_choices, options
            )
        return 0
    if "0" in first:
        raise ValueError(
            f"labels count from 0 ({first['0']}) and up to {last} ({first[last]}) of {last} choices{options}"
        )
    _logger.warning("labels are %s: taken to count from 1", ", ".join(counting[1]))
    return 1
