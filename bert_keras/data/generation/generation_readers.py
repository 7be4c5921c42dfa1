"""Sources and targets from tables and JSON, and dialogues whose last turn is the target: one row, one example."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from bert_keras.data.files.cells import Column, text_of, value_of
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.list_cells import list_in_cell
from bert_keras.data.files.table_files import check_columns, has_columns, read_rows
from bert_keras.data.generation.generation_examples import GenerationExamples, Source
from bert_keras.table_format import TableFormat

DIALOGUES = ("turns", "messages")  # columns of turns, the last of which is the target
_KNOWN = (  # source and target; the first that fits is taken
    ("source", "target"), ("mr", "ref"), ("document", "summary"), ("text", "summary"), ("article", "highlights"),
    ("dialogue", "summary"), ("input", "output"), ("question", "answer"), ("prompt", "completion"),
    ("content", "title"), ("text", "title"), ("src", "tgt"),
)  # fmt: skip
KNOWN_COLUMNS = "; ".join(", ".join(columns) for columns in (*_KNOWN, *((name,) for name in DIALOGUES)))


def read_generation(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    source_column: Column | None = None,
    target_column: Column | None = None,
    file_format: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    more_cells: bool = False,
    errors: str | Faults = "raise",
) -> GenerationExamples:
    """Read texts and what is to be written from them out of TSV, CSV or JSON files, or out of rows in memory.

    A source may be a list of texts, the turns of a dialogue, oldest first. With a column `turns` and no other the last
    turn is the target, and so with `messages`. A turn may be a text or `{"role": "user", "content": text}`; one that is
    a target must not be the user's.

    Args:
        source: One file, a list of files of the same layout, an iterable of tuples, lists or dicts, or a DataFrame of
            pandas.
        source_column: What is read, by name, or by number from 0; None for what the names of the columns tell: `source,
            target`, E2E NLG's `mr, ref`, `document, summary`, `turns` and others.
        target_column: What is to be written. With a `source_column` alone the examples have no targets, and an empty
            text is read as a space and counted: predictions go by the number of the row.
        file_format: As for `read_examples`, as are the next four.
        separator: What stands between two cells.
        encoding: `"gbk"` or another, where it is not UTF-8.
        header: Whether the first line names the columns; None means so if a column is given by name.
        more_cells: Whether a row may have more cells than the header.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were of each kind and where.
            An `AllFaults` keeps all of them instead.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a row is unsound, a source or target empty, a dialogue of less than two turns.
            Or nothing at all was read, or the columns are none that are known.

    Example:
        >>> read_generation([{"mr": "name[Aromi]", "ref": "Aromi is a place."}]).targets
        ('Aromi is a place.',)
        >>> read_generation([{"turns": ["Hi.", "Hello?", "Yes."]}])
        GenerationExamples(sources=(('Hi.', 'Hello?'),), targets=('Yes.',), num_skipped=0)
    """
    table, faults = TableFormat(file_format, separator, encoding, header, more_cells), Faults.of(errors)
    if hasattr(source, "itertuples"):  # pandas
        source = source.to_dict("records")
    elif not isinstance(source, (str, os.PathLike)):
        source = list(source)
    if source_column is None:
        if target_column is not None:
            raise ValueError(f"expected a source_column beside the target_column {target_column!r}")
        if (columns := known_columns(source, table)) is None:
            raise ValueError(
                f"{_name(source)}: cannot tell which columns are source and target: pass source_column= and "
                f"target_column=, by name or by number from 0; known are {KNOWN_COLUMNS}"
            )
        source_column, target_column = columns
    is_dialogue = source_column == target_column and source_column in DIALOGUES
    columns = [source_column, *([] if target_column is None or is_dialogue else [target_column])]
    check_columns(columns)
    sources, targets, places = [], [], []
    for place, row in read_rows(source, columns, table, faults):
        try:
            if is_dialogue:
                *texts, target = _turns(row, source_column, place, faults, least=2)
                texts = tuple(texts)
            else:
                texts = _source(row, source_column, place, faults, may_be_empty=target_column is None)
                target = None if target_column is None else text_of(row, target_column, place, faults)
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
            continue
        sources.append(texts)
        targets.append(target)
        places.append(place)
    faults.report(len(sources), source if isinstance(source, (str, os.PathLike)) else "the given rows")
    targets = None if target_column is None else tuple(targets)
    return GenerationExamples(tuple(sources), targets, faults.count, tuple(places))


def known_columns(source: Any, table: TableFormat) -> tuple[Column, Column] | None:
    """Tell source and target by the names of the columns.

    Args:
        source: As for `read_generation`, rows in memory as a list.
        table: How a table is written.

    Returns:
        Both columns; of dialogues the same one; None where the names tell nothing.
    """
    first = _first(source)
    is_file = isinstance(first, (str, os.PathLike))

    def fits(columns: Sequence[Column]) -> bool:
        return has_columns(first, columns, table) if is_file else isinstance(first, dict) and {*columns} <= {*first}

    for columns in _KNOWN:
        if fits(columns):
            return columns
    return next(((name, name) for name in DIALOGUES if fits((name,))), None)


def _first(source: Any) -> Any:
    return source if isinstance(source, (str, os.PathLike)) else next(iter(source), None)


def _name(source: Any) -> str:
    first = _first(source)
    return os.fspath(first) if isinstance(first, (str, os.PathLike)) else f"rows such as {str(first)[:80]}"


def _source(row: Any, column: Column, place: str, faults: Faults, *, may_be_empty: bool) -> Source:
    """Return a text, or the turns of a cell that holds a list."""
    if isinstance(value_of(row, column), (list, tuple)):
        return tuple(_turns(row, column, place, faults, least=1))
    return text_of(row, column, place, faults, may_be_empty=may_be_empty) or " "


def _turns(row: Any, column: Column, place: str, faults: Faults, *, least: int) -> list[str]:
    value = value_of(row, column)
    turns = list_in_cell(value) if isinstance(value, str) else value
    if not isinstance(turns, (list, tuple)) or len(turns) < least:
        message = f"column {column!r} holds {str(value)[:60]!r}, expected a list of {least} turns or more"
        raise RowFault(message, "dialogues with too few turns")
    if least > 1 and isinstance(turns[-1], dict) and turns[-1].get("role") in ("user", "system"):
        message = f"the last turn in column {column!r} is of the {turns[-1]['role']}, expected an answer"
        raise RowFault(message, "dialogues without an answer at their end")
    texts = [turn.get("content", turn) if isinstance(turn, dict) else turn for turn in turns]
    return [text_of({column: text}, column, place, faults) for text in texts]
