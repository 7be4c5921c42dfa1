"""The texts in a file that packs many: articles of WikiExtractor, JSON Lines, JSON arrays. Only they are handed on."""

import html
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.file_formats import ARTICLE
from bert_keras.data.files.json_rows import UNREADABLE, JsonRow
from bert_keras.data.files.text_lines import TextLine

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
    """Return the articles of WikiExtractor, each as its lines: title, headings and paragraphs, without `<doc ...>`.

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


def text_of_record(record: Any, text_field: str | None) -> str | list[str]:
    """Return the text in a JSON record: a string, or a list of strings where it is in parts.

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
    records: Iterable[JsonRow],
    dropped: Dropped,
    text_field: str | None,
    as_line: Callable[[int, str], TextLine],
) -> Iterator[tuple[bool, list[TextLine]]]:
    """Return the texts of JSON records, as lines; those without one are counted.

    Args:
        records: What stands in a file.
        dropped: Gets what is left out.
        text_field: As in `text_of_record`.
        as_line: Makes a `TextLine` and checks it.

    Yields:
        (whether each line is a paragraph, the lines): so it is in articles of WikiExtractor, and in a list of texts.
    """
    for place, record, problem, kind, number in records:
        if problem:
            if kind == UNREADABLE:
                dropped.unreadable(problem, place)
            else:
                dropped.fault(kind, f"{place}: {problem}")
            continue
        try:
            text = text_of_record(record, text_field)
        except ValueError as error:
            dropped.fault("JSON records without a text", f"{place}: {error}")
            continue
        lines = text if isinstance(text, list) else text.split("\n")
        is_article = isinstance(record, dict) and {"id", "url", "title"} <= record.keys()
        if is_article:
            lines = map(clean_article, lines)
        lines = [as_line(number, line) for line in lines]
        if any(line.problem or line.text.strip() for line in lines):
            yield is_article or isinstance(text, list), lines
        else:
            dropped.add("JSON records with an empty text", place)
