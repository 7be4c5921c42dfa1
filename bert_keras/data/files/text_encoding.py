"""Encodings of text files: UTF-8 unless a byte order mark or the user says another; others are guessed at, never taken.

A guess stands in the message of the fault, with what the line would read like, and the user decides.
"""

import codecs
import io
import re

_MARKS = {  # byte order marks; that of UTF-32 begins like that of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
LONGEST_MARK = max(map(len, _MARKS))
# What says gb2312 or gbk is often more than that; the later standard reads all of both.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030"}
_GUESSES = {  # encoding: what its text is made of, beside ASCII and punctuation
    "gbk": "[\u4e00-\u9fa5]",
    "big5": "[\u4e00-\u9fa5]",
    "shift_jis": "[\u3040-\u30ff\u4e00-\u9fa5]",
    "euc_kr": "[\uac00-\ud7a3]",
    "cp1251": "[\u0401\u0404\u0406\u0407\u0410-\u044f\u0451\u0454\u0456\u0457]",
    "cp1252": "[\u00c0-\u00ff\u0152\u0153\u0160\u0161\u017d\u017e]",
}
_PUNCTUATION = "[\x00-\x7f\u00a0-\u00bf\u2010-\u203a\u20ac\u2116\u3000-\u303f\uff00-\uffef]"
_FREQUENT = {  # lead bytes of the characters that make up nearly all of a text
    "gbk": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
    "shift_jis": range(0x81, 0x98),
    "euc_kr": range(0xB0, 0xC9),
}
# What a letter of one encoding often becomes in another: a capital behind a small letter, two scripts in a word.
_IS_WRONG = re.compile(
    "[a-zß-öø-ÿ\u0430-\u045f¢-ª¬-º][A-ZÀ-ÖØ-Þ\u0400-\u042f]|[A-Za-z][\u0400-\u045f]|[\u0400-\u045f][A-Za-z]"
)
_MOST_GUESSES = 3


def codec_name(encoding: str | None, begin: bytes) -> tuple[str, str | None]:
    """Which codec reads a file.

    Args:
        encoding: What the user says; None for UTF-8, or what a byte order mark says.
        begin: The first bytes of the file.

    Returns:
        The codec's name, and None or what is wrong: a byte order mark that says otherwise than the user.

    Raises:
        ValueError: If Python has no such encoding.

    Example:
        >>> codec_name(None, "text".encode("utf-16"))
        ('utf-16-le', None)
        >>> codec_name("latin1", b"text")
        ('iso8859-1', None)
    """
    marked = next((name for mark, name in _MARKS.items() if begin.startswith(mark)), None)
    if encoding is None:
        return marked or "utf-8", None
    try:
        codec = codecs.lookup(encoding)
        if not codec._is_text_encoding:  # base64, zip and others that make bytes
            raise LookupError
        "\n".encode(codec.name)
    except (LookupError, UnicodeError):
        raise ValueError(
            f"no encoding is called {encoding!r}; known are utf-8, utf-16, gbk, big5, shift_jis, euc_kr, cp1252, "
            "latin-1, cp1251 and all others of Python"
        ) from None
    name = "utf-8" if codec.name == "utf-8-sig" else _WIDER.get(codec.name, codec.name)
    if marked and name not in (marked, marked[:6]):
        return name, f"not {encoding}: the file begins with the byte order mark of {marked.upper()}"
    if name in ("utf-16", "utf-32") and not marked:
        return name, f"not {encoding}: no byte order mark; name the order of its bytes, {name}-le or {name}-be"
    return marked or name, None


def ends_lines_like_ascii(codec: str) -> bool:
    """Whether a line end is the same byte in a codec as in ASCII, and that byte nothing else."""
    return "\n".encode(codec) == b"\n"


def as_utf8(stream: io.BufferedIOBase, codec: str) -> io.BufferedReader:
    """Return a stream of UTF-8 from one whose line ends are not ASCII's; half a surrogate pair is passed on."""
    return io.BufferedReader(_Transcoded(stream, codec), 1 << 16)


class _Transcoded(io.RawIOBase):
    def __init__(self, stream, codec: str):
        self._stream, self._waiting = stream, b""
        self._decoder = codecs.getincrementaldecoder(codec)("surrogatepass" if codec.startswith("utf") else "strict")

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self._waiting:
            data = self._stream.read(1 << 16)
            self._waiting = self._decoder.decode(data, final=not data).encode("utf-8", "surrogatepass")
            if not data:
                break
        size = min(len(buffer), len(self._waiting))
        buffer[:size], self._waiting = self._waiting[:size], self._waiting[size:]
        return size


def guess_encodings(data: bytes, position: int) -> str:
    r"""Return what a line that is not UTF-8 reads like in the encodings that fit, as a hint behind an error.

    Args:
        data: The line.
        position: Where its first byte stands that is not UTF-8.

    Example:
        >>> guess_encodings(b"caf\xe9", 3)
        "; encoding='cp1252' reads it as 'café'"
    """
    data = data.rstrip(b"\r\n")
    if 0 in data:
        zeros = {"utf-16-be": data[0::2].count(0), "utf-16-le": data[1::2].count(0)}
        likely = max(zeros, key=zeros.get)
        is_likely = 3 * zeros[likely] > len(data) and zeros[likely] == data.count(0)
        return f"; encoding={likely!r} fits" if is_likely else ""
    found = []
    for encoding, letters in _GUESSES.items():
        try:
            text, before = data.decode(_WIDER.get(encoding, encoding)), data[:position].decode("utf-8")
        except UnicodeDecodeError:
            continue
        foreign = [character for character in text if not re.match(_PUNCTUATION, character)]
        is_written = len(re.findall(letters, text)) == len(foreign) and not _IS_WRONG.search(text)
        is_written &= bool(foreign) or encoding == "cp1252"  # a pound sign or a quotation mark alone
        if frequent := _FREQUENT.get(encoding):
            leads = [character.encode(_WIDER.get(encoding, encoding))[0] in frequent for character in foreign]
            is_written &= sum(leads) >= 0.8 * len(leads)
        if is_written:
            begin = max(0, len(before) - 12)
            found.append(f"encoding={encoding!r} reads it as {text[begin : begin + 30]!r}")
    return "; " + ", ".join(found[:_MOST_GUESSES]) if found else ""
