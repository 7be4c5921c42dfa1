"""From lines to the paragraphs of numbered documents, by what a line is and where a document ends.

A paragraph is a string, to be split into sentences; or a tuple of strings, sentences as somebody has cut them already.
"""

import itertools
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.letters import has_letters
from bert_keras.data.files.text_lines import TextLine

Paragraph = str | tuple[str, ...]

WRAPPED_LINE = 200  # nobody wraps text wider than this: a longer line is a paragraph of its own
MAX_PARAGRAPH = 1 << 16  # characters; a paragraph and a document without end are handed on in pieces
MAX_DOCUMENT = 1 << 20


class Layout(NamedTuple):
    """What a line is, and where a document ends."""

    line: str  # "wrapped", a "paragraph" or a "sentence"
    document_end: str  # "text", "blank_line" or "line"


LAYOUTS = {
    "file": Layout("wrapped", "text"),
    "blank_line": Layout("wrapped", "blank_line"),
    "sentence_lines": Layout("sentence", "blank_line"),
    "line": Layout("paragraph", "line"),
}


def num_characters(paragraph: Paragraph) -> int:
    """Length of a paragraph, whether it is cut into sentences or not."""
    return len(paragraph) if isinstance(paragraph, str) else sum(map(len, paragraph))


def group_documents(
    paragraphs: Iterator[tuple[int, Paragraph]], max_characters: float = MAX_DOCUMENT
) -> Iterator[tuple[int, list[Paragraph]]]:
    """Gather the paragraphs of a document, up to a million characters at a time."""
    for document, group in itertools.groupby(paragraphs, key=lambda pair: pair[0]):
        texts, size = [], 0
        for _, text in group:
            texts.append(text)
            size += num_characters(text)
            if size >= max_characters:
                yield document, texts
                texts, size = [], 0
        if texts:
            yield document, texts


def paragraphs_of(
    lines: Iterable[TextLine], source: str, document: int, layout: Layout, dropped: Dropped, min_letter_share: float
) -> Generator[tuple[int, Paragraph], None, int]:
    """Yield the paragraphs of one text and return the number of the next one's first document."""
    waiting: list[str] = []  # lines of one paragraph
    make = tuple if layout.line == "sentence" else " ".join
    size, has_text, ends_by_line = 0, False, layout.document_end == "line"
    for line in lines:
        if line.problem:
            dropped.unreadable(line.problem, f"{source}:{line.number}")
            if has_text and ends_by_line and not line.is_cut:  # of a cut line the last piece is lost
                document, has_text = document + 1, False
            continue
        if line.is_cut:
            dropped.add("cuts in lines of more than 1 MiB (nothing lost)", f"{source}:{line.number}")
        text = line.text.strip()
        is_long = layout.line == "wrapped" and len(text) > WRAPPED_LINE
        ends_paragraph = not text or layout.line == "paragraph" or is_long or size > MAX_PARAGRAPH
        if text and has_letters(text, min_letter_share):
            if is_long and waiting:
                yield document, make(waiting)
                waiting, size = [], 0
            waiting.append(text)
            size += len(text)
            has_text = True
        elif text:
            dropped.add("lines with hardly any letters", f"{source}:{line.number}")
        if ends_paragraph and waiting:
            yield document, make(waiting)
            waiting, size = [], 0
        if has_text and (ends_by_line and not line.is_cut or layout.document_end == "blank_line" and not text):
            document, has_text = document + 1, False
    if waiting:
        yield document, make(waiting)
    return document + has_text
