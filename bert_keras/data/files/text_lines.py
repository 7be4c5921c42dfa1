"""Text files as numbered lines: found by pattern, read in bounded memory, faults told with their place.

The corpus, which skips and counts a bad line, and the readers of labelled examples, which stop at it, share this file.
"""

import codecs
import glob
import gzip
import logging
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bert_keras.data.files.file_kinds import LONGEST_SIGN, kind_of_no_text
from bert_keras.data.files.text_encoding import (
    as_utf8,
    codec_name,
    ends_lines_like_ascii,
    guess_encodings,
)

MAX_LINE_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 16  # bytes read at a time
_LINES = re.compile(rb"[^\r\n]*(?:\r+\n|\r|\n)|[^\r\n]+")
_CARRIAGE_RETURNS = re.compile(r"\r+\n|\r")
_logger = logging.getLogger(__name__)


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
    """Expand files, globs and folders into a sorted list without repetition.

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
    encoding: str | None = None,
    max_bytes: int = MAX_LINE_BYTES,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[TextLine]:
    r"""Read a text file, plain or by gzip, line by line; a longer line than `max_bytes` comes in pieces.

    A line ends at `\n`, `\r\n` or `\r`, whichever of them the file mixes. That and a byte order mark are taken off. A
    line with a NUL byte or with bytes that the encoding does not have is yielded with its `problem` and no text. So
    is, as one line, a file that is no text: compressed otherwise, a workbook, a PDF.

    Args:
        path: The file.
        encoding: `"gbk"`, `"cp1252"` or any other of Python's; None for UTF-8, or UTF-16 and UTF-32 where the file
            begins with their byte order mark. With another one a warning is logged if the file is UTF-8 after all.
        max_bytes: Where a line is cut, at the last space before it, or else between two characters.
        on_read: Called now and then with the number of bytes read from disk since the last call, for a progress bar.

    Raises:
        ValueError: If a `.gz` file is damaged, with the line reached; if there is no such encoding.
    """
    path = os.fspath(path)
    with open(path, "rb") as raw:
        begin = raw.read(LONGEST_SIGN)
        raw.seek(0)
        is_gzip = begin.startswith(_GZIP) or path.lower().endswith(".gz")
        stream = gzip.open(raw) if is_gzip else raw
        number, reported, decoder = 1, 0, None
        try:
            kind = kind_of_no_text(begin, raw)
            if is_gzip and not kind:
                begin = stream.read(LONGEST_SIGN)
                stream.seek(0)
                kind = kind_of_no_text(begin, stream)
            if kind:
                yield TextLine(1, "", f"not text: {kind}")
                return
            decoder = _Decoder(encoding, begin)
            if decoder.problem:
                yield TextLine(1, "", decoder.problem)
                return
            if decoder.is_transcoded:
                stream = as_utf8(stream, decoder.codec)
            for data, is_cut in _blocks(stream, max_bytes, "utf-8" if decoder.is_transcoded else decoder.codec):
                texts = None if is_cut else decoder.sound_lines(data)
                if texts is None:
                    for line in [data] if is_cut else _LINES.findall(data):
                        yield decoder.line(line, number, is_cut)
                        number += not is_cut
                else:
                    for text in texts:
                        yield _new_line(TextLine, (number, text, None, False))
                        number += 1
                if on_read and raw.tell() - reported >= max_bytes:
                    on_read(raw.tell() - reported)
                    reported = raw.tell()
        except UnicodeDecodeError as error:  # of a transcoded file, whose last character is half there
            yield TextLine(number, "", f"not {decoder.name}: {error.reason}")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: damaged gzip file after line {number}: {error}") from None
        if on_read:
            on_read(raw.tell() - reported)
    if decoder.is_utf8_after_all:
        _logger.warning("%s: read as %s, but all of it is sound UTF-8, too", path, decoder.name)


_new_line = tuple.__new__  # of a `TextLine`, at half the time


def _blocks(stream, max_bytes: int, codec: str) -> Iterator[tuple[bytes, bool]]:
    """Blocks of whole lines with their ends, and pieces of longer lines; with each whether it is such a piece."""
    pending, size = b"", min(_BLOCK, max_bytes)  # pending: the beginning of a line
    while True:
        is_short = len(pending) < size
        data = stream.read1(size - len(pending)) if is_short else stream.readline(max_bytes - len(pending))
        block = pending + data
        if not block:
            return
        if not data:  # the last line, which has no end
            end = len(block)
        elif len(block) < max_bytes:
            end = block.rfind(b"\n") + 1
        elif not (end := _behind_last_line(block.rstrip(b"\r"))):  # carriage returns may begin a line end
            if block.endswith(b"\r"):
                block += stream.readline(1)
            end = _behind_last_line(block)
        if end:
            yield block[:end], False
        elif len(block) >= max_bytes:
            end = _cut(block, codec)
            yield block[:end], True
        pending = block[end:]


def _behind_last_line(data: bytes) -> int:
    return max(data.rfind(b"\n"), data.rfind(b"\r")) + 1


def _cut(data: bytes, codec: str) -> int:
    """Where to end a piece: behind its last space, or else before its last character, which may be incomplete."""
    end = max(data.rfind(b" "), data.rfind(b"\t")) + 1
    if end:
        return end
    decoder = codecs.getincrementaldecoder(codec)("ignore")
    decoder.decode(data)
    return max(1, len(data) - len(decoder.getstate()[0]))


class _Decoder:
    """Makes text of the lines of a file, in their order, and says where one is no text."""

    def __init__(self, encoding: str | None, begin: bytes):
        self.codec, self.problem = codec_name(encoding, begin)
        self.name = encoding or self.codec.upper()
        self.is_transcoded = not ends_lines_like_ascii(self.codec)
        self._offset = 0  # of the next line in the file
        self._has_fault = False
        self._may_be_utf8 = self.codec != "utf-8" and not self.is_transcoded
        self._num_beyond_ascii = self._num_utf8 = 0

    @property
    def is_utf8_after_all(self) -> bool:
        return 0 < self._num_beyond_ascii == self._num_utf8

    def sound_lines(self, data: bytes) -> list[str] | None:
        """Return the texts of whole lines in UTF-8, at once; None if there is something to say about one of them."""
        if self._may_be_utf8 or b"\0" in data:
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        if not self._offset:
            text = text.removeprefix("\ufeff")
        self._offset += self._width(data)
        if "\r" in text:
            text = text.replace("\r\n", "\n")
            if "\r" in text:
                text = _CARRIAGE_RETURNS.sub("\n", text)
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        return lines

    def line(self, data: bytes, number: int, is_cut: bool) -> TextLine:
        offset = self._offset
        if self.is_transcoded:
            self._offset += self._width(data)
        else:
            self._offset += len(data)
        if (position := data.find(b"\0")) >= 0:
            problem = f"NUL byte at byte offset {offset + self._width(data[:position])}{self._hint(data, position)}"
            return TextLine(number, "", problem, is_cut)
        try:
            text = data.decode("utf-8" if self.is_transcoded else self.codec)
        except UnicodeDecodeError as error:
            place = f"at byte offset {offset + self._width(data[: error.start])}"
            what = "half a surrogate pair" if self.is_transcoded else f"byte 0x{data[error.start]:02x}"
            problem = f"not {self.name}: {what} {place}{self._hint(data, error.start)}"
            return TextLine(number, "", problem, is_cut)
        if self._may_be_utf8 and not data.isascii():
            self._num_beyond_ascii += 1
            self._num_utf8 += _is_utf8(data)
        return TextLine(number, (text.removeprefix("\ufeff") if offset == 0 else text).rstrip("\r\n"), None, is_cut)

    def _width(self, data: bytes) -> int:
        """How many bytes of the file a part of a line takes."""
        if not self.is_transcoded:
            return len(data)
        return len(data.decode("utf-8", "surrogatepass").encode(self.codec, "surrogatepass"))

    def _hint(self, data: bytes, position: int) -> str:
        """Return encodings that read the first faulty line of a file."""
        has_fault, self._has_fault = self._has_fault, True
        return "" if has_fault or self.is_transcoded else guess_encodings(data[: 1 << 12], position)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
