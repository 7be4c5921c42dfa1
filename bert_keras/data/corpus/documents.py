"""From files to documents and their paragraphs, streamed, with every line that was left out counted."""

import itertools
import logging
import math
import os
import string
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from bert_keras.data.files.text_lines import TextLine, find_files, read_lines

WRAPPED_LINE = 200  # nobody wraps text wider than this: a longer line is a paragraph of its own
MAX_PARAGRAPH = 1 << 16  # characters; a paragraph and a document without end are handed on in pieces
MAX_DOCUMENT = 1 << 20
DOCUMENTS = ("auto", "file", "blank_line", "line")
# What makes lines or files unreadable, by a sign in what `TextLine.problem` says.
_REASONS = {"NUL": "lines with a NUL", "not text": "files that are not text", "": "lines not UTF-8"}
FAULTS = frozenset(_REASONS.values())
_LETTERS = string.ascii_letters.encode()
_logger = logging.getLogger(__name__)


class Dropped:
    """What was left out of a corpus and why: a count for each reason, and the first place it was met.

    Args:
        errors: `"skip"` counts a faulty line, `"raise"` raises a `ValueError` at the first.
    """

    def __init__(self, errors: str = "skip"):
        if errors not in ("skip", "raise"):
            raise ValueError(f"errors must be 'skip' or 'raise', received {errors!r}")
        self.errors = errors
        self.counts: dict[str, int] = {}
        self.first: dict[str, str] = {}

    def add(self, reason: str, place: str):
        """Counts something that is left out under any policy."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.first.setdefault(reason, place)

    def fault(self, reason: str, place: str):
        """Counts a faulty line, or raises `ValueError(place)`."""
        if self.errors == "raise":
            raise ValueError(place)
        self.add(reason, place)

    def __str__(self):
        parts = (f"{count} {reason} (first: {self.first[reason]})" for reason, count in self.counts.items())
        return "; ".join(parts) or "nothing"


def read_documents(
    patterns: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    documents: str = "auto",
    errors: str = "skip",
    min_letter_share: float = 0.3,
    in_pieces: bool = True,
) -> Iterator[str]:
    r"""Streams the documents of text files, e.g. to train a vocabulary.

    Inside a document a blank line ends a paragraph, and so does a line of more than 200 characters; shorter lines are
    taken as wrapped text and joined. What is yielded has blank lines between its paragraphs.

    Args:
        patterns: Files, globs and folders (recursive, hidden names left out); plain UTF-8 or `.gz`.
        documents: What a document is: `"file"`, `"blank_line"` (blank lines stand between documents), `"line"`, or
            `"auto"`: the file if there are several, blank-line blocks if there is a single one.
        errors: `"skip"` leaves out lines that hold a NUL byte or are not UTF-8, and logs how many and where the first
            one is; `"raise"` raises at the first.
        min_letter_share: Lines with a smaller share of letters (page numbers, rulers, rows of figures) are left out.
        in_pieces: Whether a document of more than a million characters comes in several pieces, so that memory stays
            bounded whatever the file; with False each comes whole.

    Raises:
        FileNotFoundError: If a pattern matches no file.
        ValueError: If a faulty line is met and `errors="raise"`, or a `.gz` file is damaged.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "two.txt")
        >>> _ = path.write_text("The first document.\n\nThe second\none.\n")
        >>> list(read_documents(path))
        ['The first document.', 'The second one.']
    """
    dropped = Dropped(errors)
    files = find_files(patterns)
    paragraphs = read_paragraphs(files, dropped, documents=documents, min_letter_share=min_letter_share)
    return _joined(paragraphs, dropped, MAX_DOCUMENT if in_pieces else math.inf)


def _joined(paragraphs: Iterator[tuple[int, str]], dropped: Dropped, max_characters: float) -> Iterator[str]:
    for _, texts in group_documents(paragraphs, max_characters):
        yield "\n\n".join(texts)
    if dropped.counts:
        _logger.warning("left out: %s", dropped)


def read_paragraphs(
    files: list[Path],
    dropped: Dropped,
    *,
    documents: str = "auto",
    min_letter_share: float = 0.3,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, str]]:
    """Streams `(document number, paragraph)` out of files; what is left out is counted in `dropped`."""
    check_documents(documents)
    if documents == "auto":
        documents = "file" if len(files) > 1 else "blank_line"
    document = 0
    for file in files:
        lines = read_lines(file, on_read=on_read)
        document = yield from _paragraphs_of(lines, str(file), document, documents, dropped, min_letter_share)


def text_paragraphs(
    texts: Iterable[str], dropped: Dropped, *, documents: str = "auto", min_letter_share: float = 0.3
) -> Iterator[tuple[int, str]]:
    """Streams `(document number, paragraph)` out of texts in memory; `"auto"` takes each for a document."""
    check_documents(documents)
    documents = "file" if documents == "auto" else documents
    document = 0
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"document {index}: expected a str, received {type(text).__name__}")
        if not index and os.path.isfile(text):
            raise ValueError(f"an iterator gives texts, but its first is the name of a file, {text!r}: pass a list")
        lines = (_text_line(number, line) for number, line in enumerate(text.split("\n"), 1))
        document = yield from _paragraphs_of(lines, f"document {index}", document, documents, dropped, min_letter_share)


def check_documents(documents: str):
    """Raises `ValueError` if this is none of the ways to say what a document is."""
    if documents not in DOCUMENTS:
        raise ValueError(f"documents must be 'auto', 'file', 'blank_line' or 'line', received {documents!r}")


def _text_line(number: int, line: str) -> TextLine:
    if "\0" in line:
        return TextLine(number, "", "NUL character")
    if not line.isascii() and any("\ud800" <= character <= "\udfff" for character in line):
        return TextLine(number, "", "not UTF-8: half a surrogate pair")
    return TextLine(number, line)


def group_documents(
    paragraphs: Iterator[tuple[int, str]], max_characters: float = MAX_DOCUMENT
) -> Iterator[tuple[int, list[str]]]:
    """Gathers the paragraphs of a document, up to a million characters at a time."""
    for document, group in itertools.groupby(paragraphs, key=lambda pair: pair[0]):
        texts, size = [], 0
        for _, text in group:
            texts.append(text)
            size += len(text)
            if size >= max_characters:
                yield document, texts
                texts, size = [], 0
        if texts:
            yield document, texts


def _paragraphs_of(
    lines: Iterable[TextLine], source: str, document: int, documents: str, dropped: Dropped, min_letter_share: float
) -> Generator[tuple[int, str], None, int]:
    """Yields the paragraphs of one file and returns the number of the next one's first document."""
    waiting: list[str] = []  # wrapped lines of one paragraph
    size, has_text = 0, False
    for line in lines:
        place = f"{source}:{line.number}"
        if line.problem:
            reason = next(reason for sign, reason in _REASONS.items() if sign in line.problem)
            dropped.fault(reason, f"{place}: {line.problem}")
            if has_text and documents == "line" and not line.is_cut:  # of a cut line the last piece is lost
                document, has_text = document + 1, False
            continue
        if line.is_cut:
            dropped.add("cuts in lines of more than 1 MiB (nothing lost)", place)
        text = line.text.strip()
        ends_paragraph = not text or documents == "line" or len(text) > WRAPPED_LINE or size > MAX_PARAGRAPH
        if text and _is_text(text, min_letter_share):
            if len(text) > WRAPPED_LINE and waiting:
                yield document, " ".join(waiting)
                waiting, size = [], 0
            waiting.append(text)
            size += len(text)
            has_text = True
        elif text:
            dropped.add("lines with hardly any letters", place)
        if ends_paragraph and waiting:
            yield document, " ".join(waiting)
            waiting, size = [], 0
        if has_text and (documents == "line" and not line.is_cut or documents == "blank_line" and not text):
            document, has_text = document + 1, False
    if waiting:
        yield document, " ".join(waiting)
    return document + has_text


def _is_text(text: str, min_letter_share: float) -> bool:
    if text.isascii():  # most lines of most corpora: letters counted at the speed of bytes
        letters = len(text) - len(text.encode().translate(None, _LETTERS))
        if letters >= max(0.5, min_letter_share) * len(text):
            return True
    visible = [character for character in text if not character.isspace()]
    return sum(map(str.isalpha, visible)) >= min_letter_share * len(visible)
