"""What an index is built from: texts with their ids, from memory or from files, each with its place for errors."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bert_keras.data.files.cells import is_visible
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.json_rows import read_json_rows
from bert_keras.data.files.table_files import read_rows
from bert_keras.data.files.text_lines import find_files, read_lines
from bert_keras.data.matching.beir_files import beir_file, is_beir_folder
from bert_keras.data.matching.title_first import title_first
from bert_keras.table_format import TableFormat

_JSON, _TABLES = (".jsonl", ".ndjson", ".json"), (".tsv", ".csv")


class IndexText(NamedTuple):
    """A text of an index.

    Attributes:
        id: str by which it is known.
        text: what is searched.
        further: what else is kept of it, in JSON's types.
        place: where it comes from.
    """

    id: str
    text: str
    further: dict[str, Any] = {}
    place: str = ""


def as_index_texts(source: Any) -> Iterator[IndexText]:
    """Read texts with their ids, one after the other.

    Args:
        source: an iterable of str, which are known by their numbers from 0; of pairs of id and text; of dicts of `id`,
            `text` and more; or of what this gives.

    Yields:
        each text; whether ids and texts are sound is looked at by `checked`.

    Raises:
        ValueError: where the source is one str or a path, or one of its entries is none of those.

    Example:
        >>> [(one.id, one.text) for one in as_index_texts(["a cat", ("d7", "a dog"), {"id": "x", "text": "a cow"}])]
        [('0', 'a cat'), ('d7', 'a dog'), ('x', 'a cow')]
    """
    if isinstance(source, (str, os.PathLike, Mapping)) or not isinstance(source, Iterable):
        raise ValueError(
            f"Expected an iterable of texts, received {source!r:.80}; files are read by read_index_texts(paths)."
        )
    for number, one in enumerate(source):
        place = f"text {number + 1}"
        if isinstance(one, IndexText):
            yield one
        elif isinstance(one, str):
            yield IndexText(str(number), one, {}, place)
        elif isinstance(one, Mapping) and "id" in one and "text" in one:
            further = {name: value for name, value in one.items() if name not in ("id", "text")}
            yield IndexText(one["id"], one["text"], further, place)
        elif isinstance(one, (tuple, list)) and len(one) == 2:
            yield IndexText(*one, {}, place)
        else:
            raise ValueError(
                f"{place}: expected a str, a pair of id and text, or a dict with id and text; received {one!r:.80}."
            )


def read_index_texts(
    files: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    whole_files: bool = False,
    encoding: str | None = None,
    errors: str = "raise",
) -> Iterator[IndexText]:
    """Read texts with their ids from files, in bounded memory.

    JSON Lines have `id` (or `_id`, as in BEIR), `text`, perhaps a `title`, which goes before the text, and what else
    is to be kept; TSV and CSV have the columns `id` and `text` under a header. In other files each line is a text,
    known as `FILE:LINE`; empty lines are left out.

    Args:
        files: paths, globs or folders; of a folder in BEIR's layout the corpus alone.
        whole_files: whether a file that is neither JSON nor a table is one text, known by its name. Default False.
        encoding: "gbk", "cp1252" or any other of Python's. Default None, UTF-8, or what a byte order mark says.
        errors: "raise" at a row that cannot be read, or "skip" it and log how many there were. Default "raise".

    Yields:
        each text.

    Raises:
        FileNotFoundError: where a pattern matches no file.
        ValueError: with file and line, where a row cannot be read.
    """
    faults, num_sound, paths = Faults(errors), 0, find_files(_documents_of(files))
    for path in paths:
        suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
        if suffix in _JSON:
            texts = _json_texts(path, faults, encoding)
        elif suffix in _TABLES:
            texts = _table_texts(path, faults, encoding)
        else:
            texts = _lines_as_texts(path, faults, encoding, whole_files)
        for one in texts:
            num_sound += 1
            yield one
    faults.report(num_sound, [str(path) for path in paths])


def _documents_of(files: str | os.PathLike | Iterable[str | os.PathLike]) -> list[str | os.PathLike]:
    """Name the corpus in place of a folder in BEIR's layout, whose queries and judgements are no documents."""
    files = [files] if isinstance(files, (str, os.PathLike)) else list(files)
    return [beir_file(one, "corpus.jsonl") if is_beir_folder(one) else one for one in files]


def checked(texts: Iterable[IndexText], known: Mapping[str, Any], faults: Faults) -> Iterator[IndexText]:
    """Pass on the texts that an index can take; of the others, `faults` raises or counts them.

    Args:
        texts: from `as_index_texts`.
        known: ids that there are already; the caller adds those that it takes.
        faults: gets an id that is no str, is empty or comes twice, and a text that is no str or has nothing to see.
    """
    for one in texts:
        if not isinstance(one.id, str) or not one.id:
            message, kind = f"the id is {one.id!r:.40}, expected a str that is not empty", "ids that are no str"
        elif one.id in known:
            message, kind = f"the id {one.id!r} comes twice", "texts with the id of another"
        elif not isinstance(one.text, str):
            kind = "texts that are no str"
            message = f"the text of {one.id!r} is {one.text!r:.40} ({type(one.text).__name__}), expected a str"
        elif not is_visible(one.text):
            message, kind = f"the text of {one.id!r} is empty", "empty texts"
        else:
            yield one
            continue
        faults.add(f"{one.place}: {message}", kind)


def _json_texts(path: Path, faults: Faults, encoding: str | None) -> Iterator[IndexText]:
    for row in read_json_rows(path, own_keys=("id", "_id", "text"), encoding=encoding):
        try:
            if row.problem:
                raise RowFault(row.problem, row.kind)
            if not isinstance(row.value, dict) or "text" not in row.value:
                raise RowFault(f"expected an object with text, received {str(row.value)[:80]}", "rows without a text")
            further = title_first(row.value)
            text, name = further.pop("text"), further.pop("id", further.pop("_id", None))
            if name is None:
                name = f"{path}:{row.place.rpartition(':')[2]}"
            yield IndexText(name, text, further, row.place)
        except RowFault as fault:
            faults.add(f"{row.place}: {fault}", fault.kind)


def _table_texts(path: Path, faults: Faults, encoding: str | None) -> Iterator[IndexText]:
    for place, row in read_rows(path, ("id", "text"), TableFormat(encoding=encoding), faults):
        yield IndexText(row["id"], row["text"], {}, place)


def _lines_as_texts(path: Path, faults: Faults, encoding: str | None, whole_files: bool) -> Iterator[IndexText]:
    texts, number = [], None
    parts: list[str] = []  # of a line that comes in pieces
    for line in read_lines(path, encoding=encoding):
        if line.problem:
            faults.add(f"{path}:{line.number}: {line.problem}", "lines that cannot be read")
            continue
        parts.append(line.text)
        if line.is_cut:
            continue
        text, parts, number = "".join(parts), [], line.number
        if whole_files:
            texts.append(text)
        elif is_visible(text):
            yield IndexText(f"{path}:{number}", text, {}, f"{path}:{number}")
    if whole_files:
        yield IndexText(str(path), "\n".join(texts), {}, str(path))
