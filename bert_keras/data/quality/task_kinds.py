"""Which task the examples of a file are for, told by its content."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any, get_args

from bert_keras.data.files.cells import Column
from bert_keras.data.files.json_rows import is_json_file, read_json_rows
from bert_keras.data.files.table_files import first_cells, has_columns
from bert_keras.data.files.text_lines import read_lines
from bert_keras.data.generation.generation_readers import known_columns
from bert_keras.data.matching.beir_files import is_beir_folder
from bert_keras.data.matching.matching_layouts import layout_of
from bert_keras.data.tagging.brat_files import is_brat
from bert_keras.table_format import TableFormat
from bert_keras.tagging_schemes import is_tag
from bert_keras.task_kind import TaskKind

_CHOICES = ("sent1", "ending0", "ending1")
_COLUMN_FILES = {".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".bioes", ".ner"}
_MARKERS = ("<e1>", "[E1]")
_SENTENCES = 50  # lines that tell whether a file is one of columns
# Keys that rows of JSON have, the first that fit: of readers of bert_keras.data.
_KEYS: tuple[tuple[TaskKind, tuple[str, ...]], ...] = (
    ("questions", ("paragraphs",)), ("questions", ("qas",)), ("questions", ("context", "question")),
    ("questions", ("text", "questions")), ("relations", ("subj_start",)), ("relations", ("h", "t")),
    ("triples", ("spo_list",)), ("triples", ("triple_list",)), ("triples", ("triples",)),
    ("triples", ("relationMentions",)), ("triples", ("tokens", "entities", "relations")), ("choices", _CHOICES),
    ("tags", ("spans",)), ("tags", ("entities",)), ("tags", ("ents",)), ("tags", ("tokens",)), ("tags", ("words",)),
    ("tags", ("data", "annotations")),
)  # fmt: skip


def kind_of_task(
    path: str | os.PathLike, columns: Sequence[Column] = ("sentence", "label"), table: TableFormat | None = None
) -> TaskKind:
    """Tell the task that a file's examples are for; an empty file is taken for one of labelled texts.

    Args:
        path: A file, or a folder of brat's or in BEIR's layout.
        columns: Text and label: a table that has both is one of labelled texts.
        table: How tables are written.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If its content tells nothing; the message says what does.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.txt")
        >>> _ = path.write_text("Ada B-person" + chr(10) + "smiled O" + chr(10))
        >>> kind_of_task(path)
        'tags'
    """
    path, table = pathlib.Path(path), TableFormat() if table is None else table
    if path.is_dir():
        if is_beir_folder(path):
            return "matching"
        if not any(path.rglob("*.ann")):
            raise ValueError(f"{path}: expected brat's .ann files in the folder, or corpus.jsonl and queries.jsonl")
        return "tags"
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if is_brat(os.fspath(path), table.encoding):
        return "tags"
    lines = [line.text for line, _ in zip(read_lines(path, encoding=table.encoding), range(_SENTENCES))]
    first = next((text for text in lines if text.strip()), "")
    if not first:
        return "texts"
    is_json = is_json_file(os.fspath(path), first, table.encoding)
    if is_json and (kind := _of_row(_first_row(path, table), columns)):
        return kind
    if any(marker in first for marker in _MARKERS):
        return "relations"
    if first.startswith("__label__"):
        return "texts"
    if path.suffixes[-1:] and path.suffixes[-1].lower() in _COLUMN_FILES:
        return "tags"
    if kind := _of_columns(path, columns, table):
        return kind
    words = [text.split() for text in lines if text.strip() and not text.startswith(("#", "-DOCSTART-"))]
    if not is_json and words and all(len(cells) > 1 and is_tag(cells[-1]) for cells in words):
        return "tags"
    shown = ", ".join(map(repr, first_cells(path, table))) if _is_table(path, table) else repr(first[:60])
    raise ValueError(
        f"{path}: cannot tell the task that this is for, it begins with {shown}. Pass kind= (--kind), one of "
        f"{', '.join(get_args(TaskKind))}; of a table of labelled texts --text-column and --label-column"
    )


def _first_row(path: pathlib.Path, table: TableFormat) -> Any:
    keys = {key for _, some in _KEYS for key in some if key not in ("data", "annotations")}
    row = next(read_json_rows(path, own_keys=keys | {"text", "label"}, tables=True, encoding=table.encoding), None)
    return None if row is None else row.value


def _of_row(row: Any, columns: Sequence[Column]) -> TaskKind | None:
    if isinstance(row, list):  # spaCy's pairs of a text and its entities
        return "tags" if len(row) == 2 and isinstance(row[1], dict) else None
    if not isinstance(row, dict):
        return None
    if any(marker in value for value in row.values() if isinstance(value, str) for marker in _MARKERS):
        return "relations"
    text = row.get("text")
    if isinstance(text, str) and any(isinstance(row.get(key), (list, dict)) for key in ("label", "labels")):
        return "tags" if not all(column in row for column in columns) else "texts"
    kind = next((kind for kind, keys in _KEYS if all(key in row for key in keys)), None)
    return kind or ("texts" if all(column in row for column in columns) else None)


def _is_table(path: pathlib.Path, table: TableFormat) -> bool:
    try:
        return bool(first_cells(path, table))
    except ValueError:  # of a suffix that is no table's
        return False


def _of_columns(path: pathlib.Path, columns: Sequence[Column], table: TableFormat) -> TaskKind | None:
    if not _is_table(path, table):
        return None
    if has_columns(path, columns, table):
        return "texts"
    if has_columns(path, _CHOICES, table):
        return "choices"
    try:
        layout = layout_of(path, table)
    except ValueError:  # no names that are known
        layout = None
    is_alone = layout is not None and len(layout.columns) == 1  # any table has a column that is called text
    if layout and not is_alone:
        return "matching"
    return "generation" if known_columns(path, table) else None
