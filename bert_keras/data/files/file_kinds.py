"""What a file really is, whatever its name, where we read no such file: one table of signs, and what to do about each.

What is no text is told by its first bytes, and `read_lines` refuses it for every reader. What is a text, yet no table,
tags or JSON, is told by its first line.
"""

import re
import zipfile
from typing import BinaryIO

_TO_JSONL = "write its rows as JSON Lines, to_json('rows.jsonl', orient='records', lines=True) in pandas"
_ZIP = b"PK\x03\x04"
_NO_TEXT = {  # signature: what it is, and what to do
    b"\x28\xb5\x2f\xfd": "a file compressed by zstd; unpack it, or compress it by gzip",
    b"\xfd7zXZ\x00": "a file compressed by xz; unpack it, or compress it by gzip",
    b"BZh91AY&SY": "a file compressed by bzip2; unpack it, or compress it by gzip",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it",
    _ZIP: "a zip archive; unpack it",
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file (.xls, .doc); save the sheet as 'CSV UTF-8'",
    b"PAR1": f"a Parquet file; {_TO_JSONL}",
    b"ARROW1": f"an Arrow file; {_TO_JSONL}",
    b"SQLite format 3\0": f"an SQLite database; {_TO_JSONL}",
    b"\x89HDF\r\n": f"an HDF5 file; {_TO_JSONL}",
    b"version https://git-lfs.github.com/": "a pointer of Git LFS; fetch the file that it stands for, git lfs pull",
}
_FIRST_BYTES = tuple(_NO_TEXT)
LONGEST_SIGN = max(map(len, _NO_TEXT))
_TEXT = {  # name of a kind of text: how it begins, in lower case, and what to do
    "HTML": (
        re.compile(r"(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html\b)", re.DOTALL),
        "a page of HTML; download the file itself",
    ),
    "a Wikipedia dump": (re.compile(r"<.*<mediawiki|<mediawiki", re.DOTALL), "a Wikipedia dump in XML"),
    "XML": (re.compile(r"<\?xml|<!doctype"), "XML; write its rows as JSON Lines"),
    "RTF": (re.compile(r"\{\\rtf"), "RTF; save it as plain text"),
    "a WARC of web pages": (re.compile(r"warc/"), "a WARC of web pages"),
}
_BEGIN = 2000  # characters that are looked at
_TEXT_BEGINS = ("<", "{\\", "w", "W")


def kind_of_no_text(begin: bytes, stream: BinaryIO) -> str | None:
    """Return what a file is that is no text, and what to do.

    Args:
        begin: Its first `LONGEST_SIGN` bytes.
        stream: The file, to look into an archive. It is left at its beginning.

    Example:
        >>> import io
        >>> kind_of_no_text(b"%PDF-1.7", io.BytesIO()), kind_of_no_text(b"Ada", io.BytesIO())
        ('a PDF', None)
    """
    if not begin.startswith(_FIRST_BYTES):
        return None
    kind = next(kind for signature, kind in _NO_TEXT.items() if begin.startswith(signature))
    if begin.startswith(_ZIP):
        try:
            if "xl/workbook.xml" in zipfile.ZipFile(stream).namelist():
                kind = "an Excel workbook (.xlsx); save its sheet as 'CSV UTF-8'"
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            pass  # a damaged archive is one as well
    stream.seek(0)
    return kind


def kind_of_text(begin: str) -> str | None:
    r"""Return the name of what a text is that is neither prose nor data of a known format.

    Example:
        >>> kind_of_text("<!DOCTYPE html>\n<p>Ada"), kind_of_text("{\\rtf1"), kind_of_text("<e1>Ada</e1>")
        ('HTML', 'RTF', None)
    """
    begin = begin.lstrip()
    if not begin.startswith(_TEXT_BEGINS):
        return None
    begin = begin[:_BEGIN].lower()
    return next((name for name, (sign, _) in _TEXT.items() if sign.match(begin)), None)


def why_no_data(begin: str) -> str | None:
    """Return the same where rows are expected: what it is, and what to do.

    Example:
        >>> why_no_data("<html>")
        'a page of HTML; download the file itself'
    """
    name = kind_of_text(begin)
    return _TEXT[name][1] if name else None
