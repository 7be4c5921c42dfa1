"""Texts with several choices of which one is right, from SWAG's files and others of one row a text."""

import dataclasses
import os
from collections.abc import Iterable, Sequence

from bert_keras.data.files.table_files import Column, Faults, cell_of, read_rows


@dataclasses.dataclass(frozen=True)
class Choices:
    """Texts, the choices of each, and which one is right.

    Attributes:
        contexts: The texts.
        choices: The choices of each text, equally many everywhere.
        labels: The number of the right choice, from 0; None where it is not known.
        num_skipped: Rows left out under `errors="skip"`.
    """

    contexts: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    labels: tuple[int, ...] | None = None
    num_skipped: int = 0

    def __len__(self):
        return len(self.contexts)


def read_choices(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    context_column: Column = "sent1",
    stem_column: Column | None = "sent2",
    choice_columns: Sequence[Column] = ("ending0", "ending1", "ending2", "ending3"),
    label_column: Column | None = "label",
    file_format: str | None = None,
    errors: str = "raise",
) -> Choices:
    """Reads texts with their choices out of TSV, CSV or JSONL files, or out of tuples and dicts in memory.

    The defaults are SWAG's columns: a sentence, the beginning of the next one, and four endings of that.

    Args:
        source: One file, a list of files of the same layout, or an iterable of tuples, lists or dicts.
        context_column: The text.
        stem_column: What each choice begins with; None where the choices are whole.
        choice_columns: The choices, two at least.
        label_column: The number of the right choice, from 0; None for a file without.
        file_format: `"tsv"`, `"csv"` or `"jsonl"`; None goes by the file's suffix.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were and where the first one is.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a column is missing, or a label is not the number of a choice; or nothing at
            all was read.

    Example:
        >>> row = {"sent1": "It rains.", "sent2": "She", "ending0": "swims.", "ending1": "opens her umbrella."}
        >>> read_choices([row | {"label": 1}], choice_columns=("ending0", "ending1")).choices
        (('She swims.', 'She opens her umbrella.'),)

    Reference:
        Zellers et al., 2018, https://arxiv.org/abs/1808.05326
    """
    if len(choice_columns) < 2:
        raise ValueError(f"choice_columns must be two at least, received {tuple(choice_columns)}")
    faults = Faults(errors)
    columns = [context_column, stem_column, *choice_columns, label_column]
    contexts, choices, labels = [], [], []
    for place, row in read_rows(source, columns, None, file_format, faults):
        try:
            context, *some = (str(cell_of(row, column)) for column in (context_column, *choice_columns))
            stem = "" if stem_column is None else str(cell_of(row, stem_column)).strip()
            label = None if label_column is None else str(cell_of(row, label_column)).strip()
            if label is not None and label not in map(str, range(len(some))):
                raise ValueError(f"expected a label from 0 to {len(some) - 1}, received {label!r}")
        except ValueError as error:
            faults.add(f"{place}: {error}")
            continue
        contexts.append(context)
        choices.append(tuple(f"{stem} {choice}".strip() for choice in some))
        labels.append(label if label is None else int(label))
    faults.report(len(contexts), source)
    return Choices(tuple(contexts), tuple(choices), None if label_column is None else tuple(labels), faults.count)
