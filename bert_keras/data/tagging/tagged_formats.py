"""The formats of tagged sentences: what each is recognised by, and who reads it."""

import dataclasses
import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bert_keras.data.files.file_kinds import why_no_data
from bert_keras.data.files.json_rows import is_json_file
from bert_keras.data.tagging.brat_files import brat_sentences, is_brat
from bert_keras.data.tagging.conll_files import CONLLU_COLUMNS, conll_sentences, conllu_sentences, global_columns
from bert_keras.data.tagging.json_sentences import json_sentences
from bert_keras.data.tagging.sentence_in_file import SentenceInFile, lines_with_places

_FROM_SPACY = (
    "python -c \"import json, spacy; from spacy.tokens import DocBin; [print(json.dumps({'text': d.text, 'spans': "
    "[[e.start_char, e.end_char, e.label_] for e in d.ents]})) for d in "
    "DocBin().from_disk('train.spacy').get_docs(spacy.blank('en').vocab)]\" > train.jsonl"
)
Column = int | str | None


@dataclasses.dataclass(frozen=True)
class Beginning:
    """What a file is recognised by.

    Attributes:
        path: The file, or a folder.
        suffix: Of its name, in lower case, without `.gz`.
        lines: The first lines that have something on them, up to 50.
        head: The first bytes.
        encoding: As for `read_lines`.
    """

    path: str
    suffix: str
    lines: tuple[str, ...]
    head: bytes
    encoding: str | None = None

    @classmethod
    def of(cls, path: str, encoding: str | None) -> "Beginning":
        """Look into a file."""
        suffix = os.path.splitext(path.removesuffix(".gz"))[1].lower()
        if os.path.isdir(path):
            return cls(path, suffix, (), b"", encoding)
        with open(path, "rb") as file:
            head = file.read(16)
        lines = (text for _, text, problem in lines_with_places(path, encoding) if text.strip() and not problem)
        return cls(path, suffix, tuple(itertools.islice(lines, 50)), head, encoding)


class TaggedFormat(NamedTuple):
    """A format that is known.

    Attributes:
        name: Its name.
        is_it: Whether a file has it, if it has none of those before it.
        read: The function of path, words' and tags' column and encoding that reads it; None for one that is refused.
        advice: What to do with a file that is refused.
    """

    name: str
    is_it: Callable[[Beginning], bool]
    read: Callable[[str, Column, Column, str | None], Iterator[SentenceInFile]] | None
    advice: str = ""


def sentences_in_file(
    path: str, word_column: Column, tag_column: Column, file_format: str | None, encoding: str | None = None
) -> Iterator[SentenceInFile]:
    """Read a file in the format that it has.

    Args:
        path: The file, or a folder of brat's.
        word_column: Column of the words; None for that of the format.
        tag_column: The same of the tags.
        file_format: A name of `FORMATS`; None goes by the content.
        encoding: As for `read_lines`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is something else, or there is no such format or column.
    """
    if file_format is None:
        beginning = Beginning.of(path, encoding)
        if kind := why_no_data((*beginning.lines, "")[0]):
            raise ValueError(f"{path}:1: not sentences with tags: {kind}")
        found = next(known for known in FORMATS if known.is_it(beginning))
    else:
        readable = {known.name: known for known in FORMATS if known.read}
        readable["jsonl"] = readable["json"]
        if file_format not in readable:
            raise ValueError(f"file_format must be one of {', '.join(readable)}, received {file_format!r}")
        found = readable[file_format]
    if found.read is None:
        raise ValueError(f"{path}: this is {found.advice}")
    return found.read(path, word_column, tag_column, encoding)


def _is_conllu(beginning: Beginning) -> bool:
    if beginning.suffix == ".conllu":
        return True
    rows = [line.split("\t") for line in beginning.lines if not line.startswith("#")]
    return bool(rows) and all(
        len(row) == len(CONLLU_COLUMNS) and re.fullmatch(r"\d+(?:[-.]\d+)?", row[0]) and re.fullmatch(r"\d+|_", row[6])
        for row in rows
    )


def _is_conllu_plus(beginning: Beginning) -> bool:
    return beginning.suffix == ".conllup" or bool(beginning.lines and global_columns(beginning.lines[0]))


def _is_csv(beginning: Beginning) -> bool:
    """Whether lines agree in their commas, and neither in tabs nor in spaces."""
    if beginning.suffix == ".csv":
        return True
    commas = {line.count(",") for line in beginning.lines}
    cells = {len(line.split()) for line in beginning.lines}
    has_tab = any("\t" in line for line in beginning.lines)
    return len(commas) == 1 and commas != {0} and not has_tab and (len(cells) > 1 or cells == {1})


def _read_conll(path: str, word_column: Column, tag_column: Column, encoding: str | None) -> Iterator[SentenceInFile]:
    for column in (word_column, tag_column):
        if isinstance(column, str):
            raise ValueError(f"columns of {path} have no names; expected a number, received {column!r}")
    return conll_sentences(path, word_column or 0, -1 if tag_column is None else tag_column, encoding)


def _read_conllu(path: str, word_column: Column, tag_column: Column, encoding: str | None) -> Iterator[SentenceInFile]:
    return _read_named(path, CONLLU_COLUMNS, word_column, tag_column, encoding)


def _read_conllu_plus(
    path: str, word_column: Column, tag_column: Column, encoding: str | None
) -> Iterator[SentenceInFile]:
    first = next((text for _, text, problem in lines_with_places(path, encoding) if text.strip() and not problem), "")
    columns = global_columns(first)
    if not columns or "FORM" not in columns:
        raise ValueError(
            f"{path}: CoNLL-U Plus has columns of its own, which its first line must name, '# global.columns = ID FORM "
            "UPOS'; pass file_format='conllu' if they are CoNLL-U's"
        )
    return _read_named(path, columns, word_column, tag_column, encoding)


def _read_named(
    path: str, columns: Sequence[str], word_column: Column, tag_column: Column, encoding: str | None
) -> Iterator[SentenceInFile]:
    if tag_column is None:
        tag_column = "UPOS" if "UPOS" in columns else len(columns) - 1
    numbers = []
    for column in ("FORM" if word_column is None else word_column, tag_column):
        if isinstance(column, str):
            if column.upper() not in map(str.upper, columns):
                known = ", ".join(columns).lower()
                raise ValueError(f"{path}: expected a column out of {known}, received {column!r}")
            column = [name.upper() for name in columns].index(column.upper())
        numbers.append(column)
    return conllu_sentences(path, *numbers, columns, encoding)


def _read_json(path: str, word_column: Column, tag_column: Column, encoding: str | None) -> Iterator[SentenceInFile]:
    for column in (word_column, tag_column):
        if isinstance(column, int):
            raise ValueError(f"{path} is JSON, whose rows have keys; a column of number {column} has no meaning there")
    return json_sentences(path, word_column, tag_column, encoding)


FORMATS = (
    TaggedFormat(
        "brat",
        lambda beginning: is_brat(beginning.path, beginning.encoding),
        lambda path, words, tags, encoding: brat_sentences(path, encoding),
    ),
    TaggedFormat(
        "DocBin",
        lambda beginning: beginning.suffix == ".spacy" or beginning.head[:2] in (b"\x78\x9c", b"\x78\xda"),
        None,
        f"a DocBin of spaCy's, which is no text; this makes JSON Lines of it: {_FROM_SPACY}",
    ),
    TaggedFormat(
        "json",
        lambda beginning: is_json_file(beginning.path, (*beginning.lines, "")[0], beginning.encoding),
        _read_json,
    ),
    TaggedFormat("conllup", _is_conllu_plus, _read_conllu_plus),
    TaggedFormat("conllu", _is_conllu, _read_conllu),
    TaggedFormat(
        "csv",
        _is_csv,
        None,
        "comma-separated; write a word and its tag a line, parted by a tab, and an empty line behind each sentence",
    ),
    TaggedFormat("conll", lambda beginning: True, _read_conll),
)
