"""Text files as numbered lines: found by pattern, read in bounded memory, faults told with their place.

The corpus, which skips and counts a bad line, and the readers of labelled examples, which stop at it, share this file.
"""

import codecs
import glob
import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

MAX_LINE_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_NOT_TEXT = {
    b"\x28\xb5\x2f\xfd": "a file compressed by zstd",
    b"\xfd7zXZ\x00": "a file compressed by xz",
    b"BZh91AY&SY": "a file compressed by bzip2",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"PK\x03\x04": "a zip archive",
    b"%PDF-": "a PDF",
}
_LONGEST_SIGNATURE = max(map(len, _NOT_TEXT))


class TextLine(NamedTuple):
    """One line of a file, or one piece of a line that is longer than the reader's limit.

    Attributes:
        number: The line's number in its file, from 1.
        text: The line without its end; empty where `problem` is set.
        problem: What makes the line unreadable, with the byte offset in the (decompressed) file; None if all is well.
        is_cut: Whether the line goes on in the next `TextLine`.
    """

    number: int
    text: str
    problem: str | None = None
    is_cut: bool = False


def find_files(patterns: str | os.PathLike | Iterable[str | os.PathLike]) -> list[Path]:
    """Expands files, globs and folders into a sorted list without repetition.

    Folders are searched with all that is below them, links to other folders too; hidden names are left out.

    Args:
        patterns: One pattern or several, e.g. `["my/*.txt", "folder", "a.txt.gz"]`. Files come in the order of the
            patterns, and sorted within each.

    Raises:
        FileNotFoundError: If a pattern matches no file.
    """
    if isinstance(patterns, (str, os.PathLike)):
        patterns = [patterns]
    found: dict[Path, Path] = {}  # by the absolute path, which the same file has however it is named
    for pattern in patterns:
        expanded = os.path.expanduser(os.fspath(pattern))
        paths = [expanded] if os.path.exists(expanded) else sorted(glob.glob(expanded, recursive=True))
        files = [file for path in paths for file in _files_under(Path(path))]
        if not files:
            hint = "; texts in memory go in as an iterator, iter(texts)" if " " in str(pattern) else ""
            raise FileNotFoundError(f"no file matches {os.fspath(pattern)[:200]!r} (looked in {os.getcwd()}){hint}")
        for file in files:
            found.setdefault(Path(os.path.abspath(file)), file)
    return list(found.values())


def _files_under(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    seen = set()
    for folder, subfolders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link that leads back
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def read_lines(
    path: str | os.PathLike,
    *,
    max_bytes: int = MAX_LINE_BYTES,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[TextLine]:
    r"""Reads a UTF-8 text file, plain or by gzip, line by line; a longer line than `max_bytes` comes in pieces.

    A byte order mark and `\r\n` are taken off. A line with a NUL byte or with bytes that are not UTF-8 is yielded with
    its `problem` and no text. So is, as one line, a file that is compressed otherwise, or a PDF.

    Args:
        path: The file.
        max_bytes: Where a line is cut, at the last space before it, or else between two characters.
        on_read: Called now and then with the number of bytes read from disk since the last call, for a progress bar.

    Raises:
        ValueError: If a `.gz` file is damaged, with the line reached.
    """
    number = 1
    with open(path, "rb") as raw:
        begin = raw.read(_LONGEST_SIGNATURE)
        raw.seek(0)
        kind = next((kind for signature, kind in _NOT_TEXT.items() if begin.startswith(signature)), None)
        if kind:
            yield TextLine(1, "", f"not text: {kind}")
            return
        stream = gzip.open(raw) if begin.startswith(_GZIP) or os.fspath(path).lower().endswith(".gz") else raw
        offset, carried, reported = 0, b"", 0
        while True:
            try:
                data = carried + stream.readline(max_bytes - len(carried))
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise ValueError(f"{os.fspath(path)}: damaged gzip file after line {number}: {error}") from None
            if on_read and raw.tell() - reported >= max_bytes:
                on_read(raw.tell() - reported)
                reported = raw.tell()
            if not data:
                break
            is_cut = len(data) >= max_bytes and not data.endswith(b"\n")
            end = _cut(data) if is_cut else len(data)
            yield _decode(data[:end], number, offset, is_cut)
            offset, carried = offset + end, data[end:]
            number += not is_cut
        if on_read:
            on_read(raw.tell() - reported)


def _cut(data: bytes) -> int:
    """Where to end a piece: behind its last space, or else before its last character, which may be incomplete."""
    end = max(data.rfind(b" "), data.rfind(b"\t")) + 1
    if end:
        return end
    end = len(data) - 1
    while end > max(1, len(data) - 4) and data[end] & 0xC0 == 0x80:  # 10xxxxxx: inside a character
        end -= 1
    return end


def _decode(data: bytes, number: int, offset: int, is_cut: bool) -> TextLine:
    if offset == 0 and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return TextLine(number, "", "not UTF-8: the file begins like UTF-16", is_cut)
    if (position := data.find(b"\0")) >= 0:
        return TextLine(number, "", f"NUL byte at byte offset {offset + position}", is_cut)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"byte 0x{data[error.start]:02x} at byte offset {offset + error.start}"
        return TextLine(number, "", f"not UTF-8: {place}", is_cut)
    return TextLine(number, (text.removeprefix("\ufeff") if offset == 0 else text).rstrip("\r\n"), None, is_cut)
