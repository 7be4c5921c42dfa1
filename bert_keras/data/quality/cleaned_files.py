"""A training file without the rows that checks have found: what stays has its bytes, what goes is named."""

import bisect
import gzip
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bert_keras.atomic_files import write_files
from bert_keras.data.files.json_rows import is_json_file, is_json_lines, read_json_rows
from bert_keras.data.files.text_encoding import LONGEST_MARK, codec_name, ends_lines_like_ascii
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import CHECKS, Finding, file_and_line
from bert_keras.json_text import parse_json
from bert_keras.task_kind import TaskKind

REMOVED_NAME = "removed.tsv"
LEFT_OUT = ("faults", "leaks", "conflicts", "duplicates")
_GZIP = b"\x1f\x8b"
_LINES = re.compile(rb"[^\r\n]*(?:\r+\n|\r|\n)|[^\r\n]+")  # as `read_lines` ends them
_STEP = re.compile(r"\.(\w+)\[(\d+)\]")
_MARK, _EMPTY = object(), object()  # what goes, and what nothing is left of
_ROWS = ("data", "rows", "examples", "annotations")
_OWN_KEYS = {
    "questions": ("paragraphs", "qas", "context", "question", "questions"),
    "tags": ("text", "tokens", "words", "sentence", "paragraphs"),
    "triples": ("text", "sentText", "sentence", "tokens"),
}  # of rows, as the readers say them


def write_cleaned(
    directory: str | os.PathLike,
    path: str | os.PathLike,
    train: CheckedPart,
    findings: Iterable[Finding],
    *,
    kind: TaskKind,
    leave_out: Sequence[str] = LEFT_OUT,
    encoding: str | None = None,
) -> int:
    """Write a copy of the training file without the rows of some findings, and `removed.tsv`, which names each.

    Of lines, those of tables, JSON Lines, CoNLL and SemEval files, what stays is what it was, byte by byte; a JSON
    document is written anew, with its keys in their order. Held-out files stay as they are.

    Args:
        directory: Where the copy goes, under the file's name; it is made if it is not there.
        path: The training file.
        train: What was read of it.
        findings: Those of `check_parts`.
        kind: The task.
        leave_out: Names of checks whose `left_out` goes.
        encoding: As for the reader.

    Returns:
        How many rows went.

    Raises:
        ValueError: If the copy would replace the file, or what goes cannot be cut out: of a folder, of JSON in columns,
            of a broken document of JSON, or of what is not in its encoding.

    Example:
        >>> import tempfile
        >>> from bert_keras.data import check_parts, checked_part, read_examples
        >>> path = Path(tempfile.mkdtemp(), "train.csv")
        >>> _ = path.write_text("text,label" + chr(10) + "so good,1" + chr(10) + "So good,1" + chr(10) + "bad,0")
        >>> part = checked_part(read_examples(path, text_column="text", label_column="label"), "train")
        >>> write_cleaned(path.parent / "cleaned", path, part, check_parts([part]), kind="texts")
        1
        >>> (path.parent / "cleaned" / "train.csv").read_text().split()
        ['text,label', 'so', 'good,1', 'bad,0']
    """
    path, directory = Path(path), Path(directory)
    expect_cleanable(directory, path, kind=kind, leave_out=leave_out)
    reason_of: dict[str, Finding] = {}
    starts = {line for place in train.places if (line := file_and_line(place)[1])}
    for finding in findings:
        starts |= {finding.line} if finding.line and finding.check == "faults" and finding.part == train.name else set()
        for place in finding.left_out if finding.check in leave_out else ():
            reason_of.setdefault(place, finding)
    if without_line := next((place for place in reason_of if not file_and_line(place)[1]), None):
        raise ValueError(
            f"{without_line}: of rows without a line of their own no cleaned copy is written; JSON Lines have them"
        )
    content = path.read_bytes()
    is_gzip = content.startswith(_GZIP)
    content = gzip.decompress(content) if is_gzip else content
    codec, problem = codec_name(encoding, content[:LONGEST_MARK])
    if problem:
        raise ValueError(f"{path}: {problem}")
    text_begin = content[:4096].decode(codec, "replace").lstrip("\ufeff")
    first_line = next((line for line in text_begin.splitlines() if line.strip()), "")
    is_json = is_json_file(os.fspath(path), first_line, encoding)
    document = _document(content, codec) if is_json else None
    if is_json and document is None and not is_json_lines(path, encoding):
        raise ValueError(
            f"{path}: expected a list of rows in JSON, or a row on each line, to leave some out; mend what is "
            "broken in it, or give JSON Lines"
        )
    if document is not None:
        cleaned = _cleaned_json(path, document, reason_of, kind, encoding, content.decode(codec)).encode(codec)
    else:
        cut = _blocks if kind == "tags" and not is_json else _to_next if _is_spread(path, kind, is_json) else _alone
        left_out = [file_and_line(place)[1] for place in reason_of]
        if ends_lines_like_ascii(codec):
            cleaned = _cleaned_lines(content, left_out, starts, cut)
        else:  # UTF-16, whose lines have no bytes of their own
            try:
                text = content.decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise ValueError(f"{path}: not {codec.upper()}, so its lines cannot be cut: {error.reason}") from error
            cleaned = _cleaned_lines(text, left_out, starts, cut)
            cleaned = cleaned.decode("utf-8", "surrogatepass").encode(codec, "surrogatepass")
    if is_gzip:
        cleaned = gzip.compress(cleaned, mtime=0)
    rows = [("place", "reason", "what", "text")]
    rows += [(place, finding.check, finding.what, finding.text) for place, finding in reason_of.items()]
    removed = "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows)
    write_files(directory, {path.name: cleaned, REMOVED_NAME: removed.encode("utf-8", "backslashreplace")})
    return len(reason_of)


def expect_cleanable(
    directory: str | os.PathLike, path: str | os.PathLike, *, kind: TaskKind, leave_out: Sequence[str] = LEFT_OUT
) -> None:
    """Raise what `write_cleaned` would, as far as it can be known before anything is read.

    Args:
        directory: As for `write_cleaned`.
        path: The training file.
        kind: The task.
        leave_out: Names of checks.

    Raises:
        ValueError: If there is no such check, the copy would replace the file, or the file is of those whose places lie
            in others.

    Example:
        >>> expect_cleanable("cleaned", "train.csv", kind="texts", leave_out=["faults"])
    """
    path, directory = Path(path), Path(directory)
    if unknown := [name for name in leave_out if name not in CHECKS]:
        raise ValueError(f"leave_out must be names of checks, {', '.join(CHECKS)}; received {unknown[0]!r}")
    if (directory / path.name).resolve() == path.resolve():
        raise ValueError(f"expected another folder than that of {path} for its cleaned copy")
    if path.is_dir() or (kind == "tags" and path.with_suffix(".ann").exists() and path.suffix in (".txt", ".ann")):
        raise ValueError(f"{path}: of files whose places lie in other files (brat, BEIR) no cleaned copy is written")


def _is_spread(path: Path, kind: TaskKind, is_json: bool) -> bool:
    """Whether an example may take several lines."""
    return not is_json and (kind == "relations" or path.name.lower().removesuffix(".gz").endswith(".csv"))


def _cleaned_lines(content: bytes, left_out: Iterable[int], starts: set[int], cut: Callable) -> bytes:
    lines = _LINES.findall(content)
    gone, begins = set(), sorted(starts)
    for line in left_out:
        gone.update(cut(lines, line - 1, begins))
    return b"".join(line for number, line in enumerate(lines) if number not in gone)


def _alone(lines: Sequence[bytes], number: int, begins: Sequence[int]) -> range:
    """Return the one line of a row."""
    return range(number, number + 1)


def _to_next(lines: Sequence[bytes], number: int, begins: Sequence[int]) -> range:
    """Return the lines up to the next example: of a CSV's row with line ends in it, of a sentence and its relation."""
    following = bisect.bisect_right(begins, number + 1)
    return range(number, begins[following] - 1 if following < len(begins) else len(lines))


def _blocks(lines: Sequence[bytes], number: int, begins: Sequence[int]) -> range:
    """Return the lines of a sentence, which stand between empty ones, and those behind it."""
    first, last = number, number
    while first and not _ends_sentence(lines[first - 1]):
        first -= 1
    while last < len(lines) and not _ends_sentence(lines[last]):
        last += 1
    while last < len(lines) and not lines[last].strip():
        last += 1
    return range(first, last)


def _ends_sentence(line: bytes) -> bool:
    return not line.strip() or line.startswith(b"-DOCSTART-")


def _document(content: bytes, codec: str) -> Any:
    """Return what a file of JSON holds if that is one value over several rows; None for JSON Lines, or if broken."""
    try:
        value = parse_json(content.decode(codec).removeprefix("\ufeff"))
    except ValueError:  # several values, one a line
        return None
    return value if isinstance(value, list) or any(isinstance(value.get(name), list) for name in _ROWS) else None


def _cleaned_json(
    path: Path, document: Any, places: Iterable[str], kind: TaskKind, encoding: str | None, before: str
) -> str:
    rows = list(read_json_rows(path, own_keys=_OWN_KEYS.get(kind, ()), tables=kind not in _OWN_KEYS, encoding=encoding))
    name = next((name for name in _ROWS if isinstance(document, dict) and isinstance(document.get(name), list)), None)
    items = document if name is None else document[name]
    if len(items) != len(rows):
        raise ValueError(f"{path}: expected a list of {len(rows)} rows, as were read; found one of {len(items)}")
    number_of = {row.place: number for number, row in enumerate(rows)}
    gone = set()
    for place in places:
        if place in number_of:
            gone.add(number_of[place])
            continue
        steps = _STEP.findall(place)
        row = place
        while row not in number_of and (match := re.search(r"\.\w+\[\d+\]$", row)):
            row = row[: match.start()]
        if row not in number_of:
            raise ValueError(f"{path}: there is no row at {place}")
        _mark(items[number_of[row]], steps[len(_STEP.findall(row)) :])
    kept = [_without_marked(item) for number, item in enumerate(items) if number not in gone]
    kept = [item for item in kept if item is not _EMPTY]
    result = kept if name is None else document | {name: kept}
    indent = re.search(r"\n([ \t]+)\S", before)
    separators = None if indent else (",", ":") if '": ' not in before[:1000] else (", ", ": ")
    written = json.dumps(
        result, ensure_ascii=before.isascii(), indent=indent[1] if indent else None, separators=separators
    )
    return written + "\n" * before.endswith("\n")


def _mark(item: Any, steps: Sequence[tuple[str, str]]):
    """Mark what stands at the end of a path within a row."""
    for key, number in steps[:-1]:
        item = item[key][int(number)]
    key, number = steps[-1]
    item[key][int(number)] = _MARK


def _without_marked(item: Any) -> Any:
    """Return a row without what is marked in it; nothing if a list of questions is empty by that."""
    if not isinstance(item, dict):
        return item
    kept = {}
    for key, value in item.items():
        if isinstance(value, list) and key in ("paragraphs", "qas", "questions"):
            had = bool(value)
            value = [inner for some in value if some is not _MARK and (inner := _without_marked(some)) is not _EMPTY]
            if had and not value:
                return _EMPTY
        kept[key] = value
    return kept
