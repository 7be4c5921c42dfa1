"""The files of any task, read for checks: each by the reader of its task, with all that is wrong in them."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bert_keras import data
from bert_keras.tag_format import TagFormat
from bert_keras.task_files import TaskFiles
from bert_keras.task_kind import TaskKind

if TYPE_CHECKING:
    from bert_keras.data import AllFaults, CheckedPart, FoundFault

_COLUMNS = TaskFiles().text_column, TaskFiles().label_column
_SPLITS = {"train": "train", "validation": "dev", "test": "test"}  # in BEIR's words


def kind_of_files(files: TaskFiles) -> TaskKind:
    """Tell the task of some files: labelled texts where columns are given, else what the training file holds.

    Args:
        files: As the recipe is given them.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If there is none, or its content tells nothing.
    """
    columns = files.text_column, files.label_column
    if files.task or columns != _COLUMNS or files.label_columns or files.regression or files.label_separator:
        return "texts"
    if files.train is None:
        raise ValueError("Expected --train, or --task and --data-directory.")
    return data.kind_of_task(files.train, columns, files.table)


def read_checked_parts(
    files: TaskFiles, kind: TaskKind | None = None, tag_format: TagFormat = TagFormat()
) -> tuple[list["CheckedPart"], list["FoundFault"]]:
    """Read the parts of a task, whatever it is, leaving nothing that readers find unsaid.

    A part without a sound row has no examples, and why is among the faults.

    Args:
        files: The files, and the columns of a table of texts. Columns of other tables are told by their names; of
            generation and matching `text_column` and `second_text_column` say it where they do not.
        kind: The task; None for `kind_of_files`.
        tag_format: How tags are written.

    Returns:
        The parts, and what readers have found in their files.

    Raises:
        FileNotFoundError: If a file is not there.
        ValueError: If a file does not fit the options, and readers have found no fault before.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.conll")
        >>> _ = path.write_text("Ada B-person" + chr(10) + "smiled O" + chr(10) * 2 + "Bob I-person" + chr(10))
        >>> (train,), (fault,) = read_checked_parts(TaskFiles(train=path))
        >>> len(train), fault.message[-32:].split(": ")[-1] != ""
        (1, True)
    """
    kind, faults = kind or kind_of_files(files), data.AllFaults()
    if kind == "texts":
        has_validation = files.task or files.validation is not None
        layout = (files if has_validation else dataclasses.replace(files, validation=files.train)).layout
        paths, parts = files.paths, {}
        with _keeping(faults):
            parts = data.read_task(layout, paths, errors=faults)
    else:
        paths = {part: getattr(files, part) for part in ("train", "validation", "test")}
        if paths["train"] is None or isinstance(paths["validation"], float):
            raise ValueError(f"Expected files of {kind} as --train and --validation, received {paths}.")
        read, parts = _reader(kind, files, tag_format), {}
        for part, path in paths.items():
            if path is not None:
                with _keeping(faults):
                    parts[part] = read(path, part, faults)
    checked = []
    for part, path in paths.items():
        if path is not None:
            found = data.checked_part(parts[part], part) if part in parts else data.CheckedPart(part, (), (), ())
            source = paths["train"] if isinstance(path, float) else path
            checked.append(dataclasses.replace(found, source=os.fspath(source)))
    return checked, faults.found


@contextlib.contextmanager
def _keeping(faults: "AllFaults") -> Iterator[None]:
    """Keep among the faults that a file has no example, and what else is raised where faults would be lost by it."""
    try:
        yield
    except ValueError as error:
        if not faults.found and not isinstance(error, data.NoExamples):
            raise
        faults.stop(str(error))


def _reader(kind: str, files: TaskFiles, tag_format: TagFormat) -> Callable:
    """Return the function of file, part and faults that reads a task's examples."""
    table, encoding = dataclasses.asdict(files.table), files.table.encoding
    tags = dataclasses.asdict(tag_format) | ({} if encoding is None else {"encoding": encoding})
    del tags["errors"]
    given = () if files.text_column == _COLUMNS[0] else (files.text_column, files.second_text_column)
    columns = dict(zip(("source_column", "target_column"), given))
    pairs = {"text_columns": [column for column in given if column is not None]} if given else {}

    def matching(path, part, faults):
        if path.is_dir():
            return data.read_beir(path, split=_SPLITS[part], errors=faults)
        return data.read_matching(path, errors=faults, **pairs, **table)

    return {
        "matching": matching,
        "generation": lambda path, part, faults: data.read_generation(path, errors=faults, **columns, **table),
        "tags": lambda path, part, faults: data.read_tagged_sentences(path, errors=faults, **tags),
        "questions": lambda path, part, faults: data.read_questions(path, errors=faults, encoding=encoding),
        "relations": lambda path, part, faults: data.read_relations(path, errors=faults, encoding=encoding),
        "triples": lambda path, part, faults: data.read_triples(path, errors=faults, encoding=encoding),
        "choices": lambda path, part, faults: data.read_choices(path, errors=faults, **table),
    }[kind]
