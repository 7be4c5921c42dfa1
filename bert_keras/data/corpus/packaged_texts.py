"""The texts in a file that packs many: articles of WikiExtractor, JSON Lines, JSON arrays. Only they are handed on."""

import html
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.file_formats import ARTICLE
from bert_keras.data.files.text_lines import TextLine
from bert_keras.json_text import parse_json

TEXT_FIELDS = ("text", "content", "contents")  # what most call it
MAX_RECORD_BYTES = 1 << 28
_TITLE = re.compile(r'\stitle="(.*?)"(?:\s+[\w:-]+="[^"]*")*\s*>\s*\Z')
# What WikiExtractor leaves of an article's own markup.
_TAGS = re.compile(
    r"</?(?:abbr|a|b|big|blockquote|br|center|cite|code|del|div|em|font|gallery|h[1-6]|hiero|hr|imagemap|includeonly|ins|"
    r"i|li|math|noinclude|nowiki|ol|onlyinclude|poem|pre|p|ref|references|ruby|rb|rt|rp|section|small|span|strike|strong|"
    r"sub|sup|syntaxhighlight|s|table|tbody|td|templatestyles|th|timeline|tr|tt|ul|u|var)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def articles(lines: Iterable[TextLine], file: Path, dropped: Dropped) -> Iterator[Iterator[TextLine]]:
    """The articles of WikiExtractor, each as its lines: title, headings and paragraphs, without `<doc ...>`.

    Entities (`&amp;`) become characters and tags that were left in the text go. Articles with nothing but a title, as
    redirects leave them, are counted and left out.

    Args:
        lines: The lines of a file.
        file: Its name, for places.
        dropped: Gets what is left out.
    """
    for _, group in itertools.groupby(_numbered(lines, file, dropped), key=lambda pair: pair[0]):
        yield (line for _, line in group)


def _numbered(lines: Iterable[TextLine], file: Path, dropped: Dropped) -> Iterator[tuple[int, TextLine]]:
    number, opened, title, held = 0, "", None, None  # held: the line with the title, until there is more
    for line in lines:
        text = line.text.strip()
        if (is_opening := ARTICLE.match(text)) or text == "</doc>":
            if held:
                dropped.add("articles with nothing but a title", f"{file}:{held.number}: {held.text[:60]}")
            number, held = number + 1, None
            title = _TITLE.search(text) if is_opening else None
            opened = html.unescape(title[1]).strip() if title else ""
            continue
        line = line._replace(text=clean_article(line.text))
        if opened and text and line.text.strip() == opened:
            held, opened = line, ""
            continue
        if held and text:
            yield number, held
            yield number, held._replace(text="")
            held = None
        if text:
            opened = ""
        yield number, line
    if held:
        dropped.add("articles with nothing but a title", f"{file}:{held.number}: {held.text[:60]}")


def clean_article(text: str) -> str:
    """Text of an article without entities and tags."""
    if "&" in text:
        text = html.unescape(html.unescape(text))  # what stood in <nowiki> is escaped twice
    return _TAGS.sub(" ", text) if "<" in text else text


def json_lines(lines: Iterable[TextLine], file: Path, dropped: Dropped) -> Iterator[tuple[int, object]]:
    """The records of JSON Lines, each with the number of its line; blank lines are passed over."""
    is_continued = False
    for line in lines:
        if line.is_cut or is_continued:
            if not is_continued:
                dropped.fault("lines that are no JSON", f"{file}:{line.number}: line of more than 256 MiB")
        elif line.problem:
            dropped.unreadable(line.problem, f"{file}:{line.number}")
        elif line.text.strip():
            try:
                record = parse_json(line.text)
            except ValueError as error:
                dropped.fault("lines that are no JSON", f"{file}:{line.number}: not JSON: {error}")
            else:
                yield line.number, record
        is_continued = line.is_cut


def json_array(lines: Iterable[TextLine], file: Path, dropped: Dropped) -> Iterator[tuple[int, object]]:
    """The elements of one JSON array, each with the number of the line it begins in; one is in memory at a time."""
    pieces = _Pieces(lines)
    decoder = json.JSONDecoder()

    def breaks_off(what: str):
        dropped.fault("JSON files that break off", f"{file}:{pieces.number}: {what}")

    pieces.skip("[")
    is_first = True
    while True:
        character = pieces.peek()
        if character == "]":
            return
        if not is_first:
            if character != ",":
                return breaks_off(pieces.problem or f"expected ',' or ']' of the array, received {character!r}")
            pieces.skip(",")
            pieces.peek()
        is_first = False
        number = pieces.number
        while True:
            try:
                element, end = decoder.raw_decode(pieces.buffer, pieces.position)
                break
            except RecursionError:
                return breaks_off("JSON nested too deep")
            except ValueError as error:
                if len(pieces.buffer) - pieces.position > MAX_RECORD_BYTES or not pieces.read_more():
                    return breaks_off(pieces.problem or f"not JSON: {error}")
        pieces.move_to(end)
        yield number, element


class _Pieces:
    """Lines as one string that grows as it is read; knows which line it is in."""

    def __init__(self, lines: Iterable[TextLine]):
        self.lines = iter(lines)
        self.buffer, self.position, self.number, self.problem = "", 0, 1, None

    def read_more(self) -> bool:
        """Reads as much again as there is, so that a long element is not tried for too often."""
        self.buffer, self.position = self.buffer[self.position :], 0
        parts, size, wanted = [], 0, max(1 << 16, len(self.buffer))
        for line in self.lines:
            if line.problem:
                self.problem = line.problem
                break
            parts.append(line.text if line.is_cut else line.text + "\n")
            size += len(parts[-1])
            if size >= wanted:
                break
        self.buffer += "".join(parts)
        return bool(parts)

    def peek(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            rest = re.compile(r"\s*").match(self.buffer, self.position).end()
            self.move_to(rest)
            if rest < len(self.buffer):
                return self.buffer[rest]
            if not self.read_more():
                return ""

    def skip(self, character: str):
        if self.peek() == character:
            self.position += 1

    def move_to(self, position: int):
        self.number += self.buffer.count("\n", self.position, position)
        self.position = position


def text_of_record(record, text_field: str | None) -> str | list[str]:
    """The text in a JSON record: a string, or a list of strings where it is in parts.

    Args:
        record: An object, or a string, which is the text.
        text_field: Which field; None for the first there is of `text`, `content` and `contents`.

    Raises:
        ValueError: If there is none.
    """
    if isinstance(record, str) and text_field is None:
        return record
    if not isinstance(record, dict):
        raise ValueError(f"expected a JSON object, received {type(record).__name__}")
    names = TEXT_FIELDS if text_field is None else (text_field,)
    name = next((name for name in names if name in record), None)
    if name is None:
        wanted = " or ".join(map(repr, names))
        raise ValueError(f"no field {wanted} among {', '.join(map(repr, record))[:200]}; name it by text_field")
    value = record[name]
    if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        raise ValueError(f"field {name!r} holds {str(value)[:40]}, expected a text")
    return value


def texts_of_records(
    records: Iterable[tuple[int, object]],
    file: Path,
    dropped: Dropped,
    text_field: str | None,
    as_line: Callable[[int, str], TextLine],
) -> Iterator[tuple[bool, list[TextLine]]]:
    """The texts of JSON records, as lines; those without one are counted.

    Args:
        records: Numbers of lines, and what stands there.
        file: Its name, for places.
        dropped: Gets what is left out.
        text_field: As in `text_of_record`.
        as_line: Makes a `TextLine` and checks it.

    Yields:
        (whether each line is a paragraph, the lines): so it is in articles of WikiExtractor, and in a list of texts.
    """
    for number, record in records:
        try:
            text = text_of_record(record, text_field)
        except ValueError as error:
            dropped.fault("JSON records without a text", f"{file}:{number}: {error}")
            continue
        lines = text if isinstance(text, list) else text.split("\n")
        is_article = isinstance(record, dict) and {"id", "url", "title"} <= record.keys()
        if is_article:
            lines = map(clean_article, lines)
        lines = [as_line(number, line) for line in lines]
        if any(line.problem or line.text.strip() for line in lines):
            yield is_article or isinstance(text, list), lines
        else:
            dropped.add("JSON records with an empty text", f"{file}:{number}")
