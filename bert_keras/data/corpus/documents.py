"""From files to documents and their paragraphs, streamed, with every line that was left out counted."""

import functools
import itertools
import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.file_formats import FORMATS, REFUSED, is_markdown, recognise
from bert_keras.data.corpus.packaged_texts import (
    MAX_RECORD_BYTES,
    articles,
    texts_of_records,
)
from bert_keras.data.corpus.paragraphs import LAYOUTS, MAX_DOCUMENT, Layout, Paragraph, group_documents, paragraphs_of
from bert_keras.data.corpus.sentence_lines import LineEvidence
from bert_keras.data.files.json_rows import json_values
from bert_keras.data.files.text_lines import TextLine, find_files, read_lines

DOCUMENTS = ("auto", "file", "blank_line", "sentence_lines", "line")
_HEAD_LINES, _HEAD_CHARACTERS, _HEAD_FILES = 1000, 1 << 16, 64  # what is looked at to tell what files hold
_logger = logging.getLogger(__name__)


class SentenceLines(str):
    r"""A document with a sentence on each line: a string that says that its lines are not to be split or joined.

    Args:
        text: The sentences, one a line.

    Example:
        >>> SentenceLines("The cat sat.\nit slept").split("\n")
        ['The cat sat.', 'it slept']
    """

    __slots__ = ()

    def __new__(cls, text: str):
        return super().__new__(cls, text)


_READ_AS = {
    "file": "a document a file, its lines wrapped (documents='file')",
    "blank_line": "blank lines between documents, their lines wrapped (documents='blank_line')",
    "sentence_lines": "a sentence a line, blank lines between documents (documents='sentence_lines')",
    "json": "JSON, each record's text a document",
    "json of sentence_lines": "JSON, each record's text a document with a sentence a line",
    "wikiextractor": "WikiExtractor's output, each article a document",
}


def read_documents(
    patterns: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    documents: str = "auto",
    errors: str = "skip",
    min_letter_share: float = 0.3,
    in_pieces: bool = True,
    file_format: str = "auto",
    text_field: str | None = None,
    encoding: str | None = None,
) -> Iterator[str]:
    r"""Stream the documents of text files, e.g. to train a vocabulary.

    Inside a document a blank line ends a paragraph, and so does a line of more than 200 characters; shorter lines are
    taken as wrapped text and joined. What is yielded has blank lines between its paragraphs. With a sentence a line
    each line is kept, and what is yielded is `SentenceLines`, which `prepare_corpus` does not cut otherwise.

    Of WikiExtractor's output, JSON Lines and JSON arrays only the texts are read, each of which is a document. Files
    that are known to be no prose (HTML, XML, tables, tagged words, LaTeX ...) are left out, and named with what to do.
    What a file holds is told by its content, not by its name.

    Args:
        patterns: Files, globs and folders (recursive, hidden names left out); plain or `.gz`.
        documents: What a document is in plain text: `"file"`, `"blank_line"` (blank lines stand between documents),
            `"sentence_lines"` (the same, and each line is a sentence, as for Google's `create_pretraining_data.py`),
            `"line"`, or `"auto"`: sentence lines if the lines of a file are seen to be sentences, otherwise the file
            if there are several, blank-line blocks if there is a single one. What `"auto"` takes is logged.
        errors: `"skip"` leaves out lines that hold a NUL byte or are not in the encoding, records without a text and
            files that are no prose, and logs how many and where the first one is; `"raise"` raises at the first.
        min_letter_share: Lines with a smaller share of letters (page numbers, rulers, rows of figures) are left out.
        in_pieces: Whether a document of more than a million characters comes in several pieces, so that memory stays
            bounded whatever the file; with False each comes whole.
        file_format: `"text"`, `"json"` (Lines or an array), `"wikiextractor"`, or `"auto"`, by the content.
        text_field: The field of JSON records that holds the text, or a list of texts, its paragraphs; None for the
            first there is of `text`, `content` and `contents`.
        encoding: `"gbk"`, `"cp1252"` or any other of Python's; None for UTF-8, or what a byte order mark says.

    Raises:
        FileNotFoundError: If a pattern matches no file.
        ValueError: If a fault is met and `errors="raise"`, nothing is left of the files, or a `.gz` file is damaged.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "two.txt")
        >>> _ = path.write_text("The first document.\n\nThe second\none.\n")
        >>> list(read_documents(path))
        ['The first document.', 'The second one.']
        >>> _ = path.write_text('{"id": 7, "text": "The third."}\n')
        >>> list(read_documents(path))
        ['The third.']
    """
    dropped = Dropped(errors)
    files = find_files(patterns)
    paragraphs = read_paragraphs(
        files,
        dropped,
        documents=documents,
        min_letter_share=min_letter_share,
        file_format=file_format,
        text_field=text_field,
        encoding=encoding,
    )
    return _joined(paragraphs, dropped, MAX_DOCUMENT if in_pieces else math.inf, patterns)


def _joined(
    paragraphs: Iterator[tuple[int, Paragraph]], dropped: Dropped, max_characters: float, patterns
) -> Iterator[str]:
    is_empty = True
    for _, texts in group_documents(paragraphs, max_characters):
        is_empty = False
        if isinstance(texts[0], tuple):
            yield SentenceLines("\n".join(itertools.chain.from_iterable(texts)))
        else:
            yield "\n\n".join(texts)
    if dropped.counts and is_empty:
        raise ValueError(f"no text in {patterns!r}; left out: {dropped}")
    if dropped.counts:
        _logger.warning("left out: %s", dropped)


def read_paragraphs(
    files: list[Path],
    dropped: Dropped,
    *,
    documents: str = "auto",
    min_letter_share: float = 0.3,
    file_format: str = "auto",
    text_field: str | None = None,
    encoding: str | None = None,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, Paragraph]]:
    """Stream `(document number, paragraph)` out of files; what is left out is counted in `dropped`."""
    check_documents(documents, file_format)
    usual = "file" if len(files) > 1 else "blank_line"
    of_all: LineEvidence | None = None  # where a file alone is too short to tell
    document = 0
    for file in files:
        head, others = _head(file, encoding, on_read)
        kind = recognise([line.text for line in head]) if file_format == "auto" else file_format
        if kind in REFUSED:
            _refuse(kind, "file", str(file), dropped)
            continue
        reading = documents
        if documents == "auto":
            evidence = _evidence(kind, head, file, text_field)
            if not evidence.is_enough and len(files) > 1:
                of_all = of_all or _evidence_of_all(files, file_format, text_field, encoding)
                evidence = of_all
            reading = "sentence_lines" if evidence.tells_sentences else usual
        if kind != "text":
            is_cut = reading == "sentence_lines" and kind == "json"
            reading = f"{kind} of sentence_lines" if is_cut else kind
        if file_format == "auto" and kind == "text" and is_markdown([line.text for line in head]):
            dropped.add("files of Markdown (marks and all; `pandoc -t plain` takes them out)", str(file))
        if documents == "auto" and reading not in dropped.read_as:
            _say_once(f"{file} is read as {_READ_AS[reading]}")
        dropped.read_as[reading] = dropped.read_as.get(reading, 0) + 1
        lines = itertools.chain(head, others)
        if kind == "json" and not _is_array(head):  # a record stands on one line, however long
            lines = read_lines(file, encoding=encoding, on_read=on_read, max_bytes=MAX_RECORD_BYTES)
        for layout, text in _texts_of(kind, reading, documents, lines, head, file, dropped, text_field):
            document = yield from paragraphs_of(text, str(file), document, layout, dropped, min_letter_share)
    if text_field is not None and not any(reading.startswith("json") for reading in dropped.read_as):
        _logger.warning("text_field=%r names a field of JSON, and no file is read as that", text_field)


def text_paragraphs(
    texts: Iterable[str | Sequence[str]], dropped: Dropped, *, documents: str = "auto", min_letter_share: float = 0.3
) -> Iterator[tuple[int, Paragraph]]:
    """Stream `(document number, paragraph)` out of texts in memory; `"auto"` takes each for a document.

    A document may also be a list of its sentences, or `SentenceLines`, as `read_documents` yields them.
    """
    check_documents(documents)
    texts = iter(texts)
    usual = LAYOUTS["file" if documents == "auto" else documents]
    if documents == "auto":
        first = list(itertools.islice(texts, _HEAD_LINES))
        evidence = LineEvidence()
        for text in first:
            if type(text) is str and evidence.num_lines < _HEAD_LINES:
                evidence.add(text[:_HEAD_CHARACTERS].split("\n"))
        if evidence.tells_sentences:
            _logger.warning("texts in memory are read as a sentence a line (%s)", evidence)
            usual = Layout("sentence", "text")
        texts = itertools.chain(first, texts)
    document = 0
    for index, text in enumerate(texts):
        name, layout, kind = f"document {index}", usual, "text"
        if isinstance(text, (list, tuple)) and all(isinstance(sentence, str) for sentence in text):
            layout, lines = Layout("sentence", "text"), [" ".join(sentence.split("\n")) for sentence in text]
        elif isinstance(text, str):
            lines = text.split("\n")
            if isinstance(text, SentenceLines):
                layout = Layout("sentence", "text")
            elif text.lstrip()[:1] in ("<", "{", "[", "\\"):
                kind = recognise(text[:_HEAD_CHARACTERS].split("\n"))
        else:
            hint = "; take its text, e.g. row['text']" if isinstance(text, dict) else ""
            raise TypeError(f"{name}: expected a str, received {type(text).__name__}{hint}")
        if not index and isinstance(text, str) and os.path.isfile(text):
            raise ValueError(f"an iterator gives texts, but its first is the name of a file, {text!r}: pass a list")
        if kind in REFUSED:
            _refuse(kind, "text", name, dropped)
            continue
        lines = [_text_line(number, line) for number, line in enumerate(lines, 1)]
        if kind == "text":
            document = yield from paragraphs_of(lines, name, document, layout, dropped, min_letter_share)
            continue
        for layout, part in _texts_of(kind, kind, documents, lines, lines, name, dropped, None):
            document = yield from paragraphs_of(part, name, document, layout, dropped, min_letter_share)


def check_documents(documents: str, file_format: str = "auto") -> None:
    """Raise `ValueError` if this is none of the ways to say what a document is, or what a file is."""
    if documents not in DOCUMENTS:
        raise ValueError(f"documents must be one of {', '.join(map(repr, DOCUMENTS))}, received {documents!r}")
    if file_format not in FORMATS:
        raise ValueError(f"file_format must be one of {', '.join(map(repr, FORMATS))}, received {file_format!r}")


def _refuse(kind: str, what: str, name: str, dropped: Dropped):
    dropped.fault(
        f"{what}s of {kind}",
        f"{name}: {kind}, expected plain text, JSON with a text field, or WikiExtractor's output; {REFUSED[kind]}; "
        "if it is prose all the same, say file_format='text'",
    )


@functools.cache
def _say_once(message: str):
    """Log what would be the same again when the files are read for the vocabulary, for each part, in each epoch."""
    _logger.warning("%s", message)


def _head(
    file: Path, encoding: str | None, on_read: Callable[[int], None] | None = None
) -> tuple[list[TextLine], Iterator[TextLine]]:
    """Return the first lines of a file, and those behind them."""
    lines = read_lines(file, encoding=encoding, on_read=on_read)
    head, size = [], 0
    for line in itertools.islice(lines, _HEAD_LINES):
        head.append(line)
        size += len(line.text)
        if size > _HEAD_CHARACTERS:
            break
    return head, lines


def _evidence(kind: str, head: list[TextLine], file: Path, text_field: str | None) -> LineEvidence:
    """Whether lines are sentences: those of plain text, or those within the texts of records."""
    evidence = LineEvidence()
    if kind == "text":
        evidence.add(line.text for line in head)
    elif kind == "json":
        for are_paragraphs, lines in _records(head, head, file, Dropped(), text_field):
            if not are_paragraphs:
                evidence.add(line.text for line in lines)
    return evidence


def _evidence_of_all(files: list[Path], file_format: str, text_field: str | None, encoding: str | None) -> LineEvidence:
    evidence = LineEvidence()
    for file in files[:_HEAD_FILES]:
        head, _ = _head(file, encoding)
        kind = recognise([line.text for line in head]) if file_format == "auto" else file_format
        evidence += _evidence(kind, head, file, text_field)
    return evidence


def _is_array(head: list[TextLine]) -> bool:
    return next((line.text.lstrip() for line in head if line.text.strip()), "").startswith("[")


def _records(lines, head: list[TextLine], file, dropped: Dropped, text_field: str | None):
    records = json_values(lines, file, by_line=not _is_array(head), max_bytes=MAX_RECORD_BYTES)
    return texts_of_records(records, dropped, text_field, _text_line)


def _texts_of(
    kind: str, reading: str, documents: str, lines: Iterable[TextLine], head, file, dropped: Dropped, text_field
) -> Iterator[tuple[Layout, Iterable[TextLine]]]:
    """Return the texts of a file with their layouts: plain text is one; of what is packed each is a document."""
    if kind == "text":
        yield LAYOUTS[reading], lines
    elif kind == "wikiextractor":
        line = "sentence" if documents == "sentence_lines" else "paragraph"
        for text in articles(lines, file, dropped):
            yield Layout(line, "text"), text
    else:
        line = "sentence" if reading.endswith("sentence_lines") else "wrapped"
        for are_paragraphs, text in _records(lines, head, file, dropped, text_field):
            yield Layout("paragraph" if are_paragraphs and line == "wrapped" else line, "text"), text


def _text_line(number: int, line: str) -> TextLine:
    if "\0" in line:
        return TextLine(number, "", "NUL character")
    if not line.isascii() and any("\ud800" <= character <= "\udfff" for character in line):
        return TextLine(number, "", "not UTF-8: half a surrogate pair")
    return TextLine(number, line)
