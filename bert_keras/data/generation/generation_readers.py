"""Sources and targets from tables and JSON, and dialogues whose last turn is the target: one row, one example."""

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from bert_keras.data.files.cells import Column, is_missing, is_visible, text_of, value_of
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.list_cells import list_in_cell
from bert_keras.data.files.table_files import check_columns, has_columns, read_rows
from bert_keras.data.generation.generation_examples import GenerationExamples, Source
from bert_keras.table_format import TableFormat

DIALOGUES = ("turns", "messages")  # columns of turns, the last of which is the target
_KNOWN = (  # source and target; the first that fits is taken
    ("source", "target"), ("mr", "ref"), ("document", "summary"), ("text", "summary"), ("article", "highlights"),
    ("dialogue", "summary"), ("instruction", "output"), ("instruction", "response"), ("input", "output"),
    ("question", "answer"), ("prompt", "completion"), ("prompt", "response"), ("content", "title"), ("text", "title"),
    ("src", "tgt"),
)  # fmt: skip
_OPTIONAL = {("instruction", "output"): "input", ("instruction", "response"): "context"}  # as Alpaca and Dolly have it
KNOWN_COLUMNS = "; ".join(
    ", ".join((source, *([second] if (second := _OPTIONAL.get((source, target))) else []), target))
    for source, target in _KNOWN
) + f"; {'; '.join(DIALOGUES)}"  # fmt: skip


class GenerationColumns(NamedTuple):
    """Where sources and targets stand.

    Attributes:
        source: What is read.
        target: What is to be written; of dialogues the column of the source.
        second_source: What stands behind the source; None for nothing.
    """

    source: Column
    target: Column
    second_source: Column | None = None


def read_generation(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    source_column: Column | None = None,
    target_column: Column | None = None,
    second_source_column: Column | None = None,
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

    Where the columns are told by their names, a text in a column that is not read is counted and logged.

    Args:
        source: One file, a list of files of the same layout, an iterable of tuples, lists or dicts, or a DataFrame of
            pandas.
        source_column: What is read, by name, or by number from 0; None for what the names of the columns tell: `source,
            target`, E2E NLG's `mr, ref`, `document, summary`, Alpaca's `instruction, input, output`, `turns`, others.
        target_column: What is to be written. With a `source_column` alone the examples have no targets, and an empty
            text is read as a space and counted: predictions go by the number of the row.
        second_source_column: What stands on a line of its own behind the text of the `source_column`, where it is not
            empty: what an instruction is about, the passage of a question.
        file_format: As for `read_examples`, as are the next four.
        separator: What stands between two cells.
        encoding: `"gbk"` or another, where it is not UTF-8.
        header: Whether the first line names the columns; None means so if a column is given by name.
        more_cells: Whether a row may have more cells than the header.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were of each kind and where.
            An `AllFaults` keeps all of them instead.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a row is unsound, a source or target empty, a dialogue of less than two turns or
            with a second source. Or nothing at all was read, or the columns are none that are known.

    Example:
        >>> read_generation([{"mr": "name[Aromi]", "ref": "Aromi is a place."}]).targets
        ('Aromi is a place.',)
        >>> read_generation([{"instruction": "Add.", "input": "1, 2", "output": "3"}]).sources[0].splitlines()
        ['Add.', '1, 2']
        >>> read_generation([{"turns": ["Hi.", "Hello?", "Yes."]}])
        GenerationExamples(sources=(('Hi.', 'Hello?'),), targets=('Yes.',), num_skipped=0)
    """
    table, faults = TableFormat(file_format, separator, encoding, header, more_cells), Faults.of(errors)
    if hasattr(source, "itertuples"):  # pandas
        source = source.to_dict("records")
    elif not isinstance(source, (str, os.PathLike)):
        source = list(source)
    is_told_by_names = source_column is None
    if is_told_by_names:
        given = {"target_column": target_column, "second_source_column": second_source_column}
        for name, column in given.items():
            if column is not None:
                raise ValueError(f"expected a source_column beside the {name} {column!r}")
        if (columns := known_columns(source, table)) is None:
            raise ValueError(
                f"{_name(source)}: cannot tell which columns are source and target: pass source_column= and "
                f"target_column=, by name or by number from 0; known are {KNOWN_COLUMNS}"
            )
        return _examples(source, columns, table, faults, is_told_by_names=True)
    columns = GenerationColumns(source_column, target_column, second_source_column)
    return _examples(source, columns, table, faults)


def read_sources(source: str | os.PathLike, columns: GenerationColumns, table: TableFormat) -> GenerationExamples:
    """Read what is written from, without targets, from columns that `known_columns` told.

    Args:
        source: As for `read_generation`.
        columns: The columns; what stands in that of the target is passed over.
        table: How a table is written.

    Raises:
        ValueError: As `read_generation` does.
    """
    return _examples(source, columns, table, Faults("raise"), is_told_by_names=True, has_targets=False)


def _examples(source, columns, table, faults, *, is_told_by_names=False, has_targets=True) -> GenerationExamples:
    is_dialogue = columns.source == columns.target and columns.source in DIALOGUES
    has_targets = has_targets and columns.target is not None
    # An instruction may be about nothing: a second source that was not asked for may be missing.
    second = None if is_told_by_names else columns.second_source
    asked_for = [columns.source, second, None if is_dialogue or not has_targets else columns.target]
    check_columns(asked_for)
    asked_for = [column for column in asked_for if column is not None]
    sources, targets, places = [], [], []
    for place, row in read_rows(source, asked_for, table, faults):
        if is_told_by_names and isinstance(row, dict):
            _doubt_what_is_lost(row, columns, place, faults)
        try:
            if is_dialogue:
                *texts, target = _turns(row, columns.source, place, faults, least=2)
                texts = tuple(texts)
            else:
                texts = _source(row, columns.source, place, faults, may_be_empty=not has_targets)
                target = text_of(row, columns.target, place, faults) if has_targets else None
            if not is_told_by_names or columns.second_source in row:
                texts = _with_second(texts, row, columns.second_source, place, faults)
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
            continue
        sources.append(texts)
        targets.append(target)
        places.append(place)
    faults.report(len(sources), source if isinstance(source, (str, os.PathLike)) else "the given rows")
    return GenerationExamples(tuple(sources), tuple(targets) if has_targets else None, faults.count, tuple(places))


def known_columns(source: Any, table: TableFormat) -> GenerationColumns | None:
    """Tell source and target by the names of the columns.

    Args:
        source: As for `read_generation`, rows in memory as a list.
        table: How a table is written.

    Returns:
        The columns; of dialogues the same one twice; with an instruction that of what it is about, which rows need not
        have; None where the names tell nothing.
    """
    first = _first(source)
    is_file = isinstance(first, (str, os.PathLike))

    def fits(columns: Sequence[Column]) -> bool:
        return has_columns(first, columns, table) if is_file else isinstance(first, dict) and {*columns} <= {*first}

    for columns in _KNOWN:
        if fits(columns):
            return GenerationColumns(*columns, _OPTIONAL.get(columns))
    return next((GenerationColumns(name, name) for name in DIALOGUES if fits((name,))), None)


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


def _with_second(texts: Source, row: Any, column: Column | None, place: str, faults: Faults) -> Source:
    """Return a source with what stands behind it, which may be nothing."""
    value = None if column is None else value_of(row, column)
    if is_missing(value) or isinstance(value, str) and not is_visible(value):
        return texts
    second = text_of(row, column, place, faults)
    if not isinstance(texts, str):
        message = f"the source is a dialogue of {len(texts)} turns, behind which column {column!r} has {second[:40]!r}"
        raise RowFault(f"{message}; expected one text as source", "dialogues with a second source")
    return f"{texts}\n{second}" if is_visible(texts) else second


def _doubt_what_is_lost(row: Any, columns: Sequence[Column | None], place: str, faults: Faults) -> None:
    """Count texts that stand in other columns, for they may belong to the source."""
    for name, value in row.items():
        if isinstance(name, str) and name not in columns and _has_text(value):
            kind = (
                f"a text in the column {name!r}, which is not read; second_source_column= reads one behind the source"
            )
            faults.doubt(kind, place)


def _has_text(value: Any) -> bool:
    """Whether there is a text of several words, or of another script than Latin, and not a name or a number."""
    if isinstance(value, (list, tuple, dict)):
        return any(map(_has_text, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and is_visible(value) and (len(value.split()) > 1 or not value.isascii())


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
