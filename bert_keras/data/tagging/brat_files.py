"""Sentences out of brat's standoff files: a text, and beside it the spans of its annotators."""

import bisect
import collections
import os
import re
from collections.abc import Iterator

import numpy as np

from bert_keras.data.files.text_encoding import LONGEST_MARK, codec_name
from bert_keras.data.files.text_lines import find_files
from bert_keras.data.tagging.sentence_in_file import SentenceInFile, lines_with_places
from bert_keras.data.tagging.span_files import add_spans

_TEXT_BOUND = re.compile(r"(T\d+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")
_ANNOTATION = re.compile(r"(?:[TREAMN]\d+|[*#]\d*)\t")


def is_brat(path: str, encoding: str | None = None) -> bool:
    """Whether a path is a folder, an `.ann` file, or a text with an `.ann` file of brat's beside it."""
    if os.path.isdir(path) or path.lower().endswith(".ann"):
        return True
    annotations = os.path.splitext(path)[0] + ".ann"
    if not path.lower().endswith(".txt") or not os.path.exists(annotations):
        return False
    return all(
        _ANNOTATION.match(text) for _, text, problem in lines_with_places(annotations, encoding) if text or problem
    )


def brat_sentences(path: str, encoding: str | None = None) -> Iterator[SentenceInFile]:
    """Read `NAME.txt` with `NAME.ann`, or all such pairs of a folder: a sentence is a line, as brat shows it.

    Of the annotations the spans, `T1<TAB>person 0 3<TAB>Ada`, are read. Lines that a span goes over are one sentence.
    """
    texts = [p for p in find_files(path) if p.suffix.lower() == ".ann"] if os.path.isdir(path) else [path]
    if not texts:
        raise ValueError(f"{path}: no .ann file in the folder; of folders, brat's are read")
    for text in texts:
        stem = os.path.splitext(os.fspath(text))[0]
        if not os.path.exists(f"{stem}.txt"):
            raise FileNotFoundError(f"{stem}.txt is missing, the text of {stem}.ann")
        yield from _document(f"{stem}.txt", f"{stem}.ann", encoding)


def _document(text_path: str, annotations_path: str, encoding: str | None) -> Iterator[SentenceInFile]:
    with open(text_path, "rb") as file:
        content = file.read()
    codec, problem = codec_name(encoding, content[:LONGEST_MARK])
    if problem:
        raise ValueError(f"{text_path}: {problem}")
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise ValueError(f"{text_path}: not {encoding or codec.upper()} at byte offset {error.start}") from None
    spans, faults = [], []  # (start, end, label); (start, place, what is wrong)
    for place, line, problem in lines_with_places(annotations_path, encoding):
        if problem or line.startswith("T"):
            span, fault = (0, 0, ""), problem
            if not problem:
                span, fault = _text_bound(line, text)
            if fault:
                faults.append((span[0], f"{place}: {fault}"))
            else:
                spans.append(span)
        elif line.strip() and not _ANNOTATION.match(line):
            faults.append(
                (0, f"{place}: expected an annotation of brat's, T1<TAB>label 0 3<TAB>text, received {line[:80]!r}")
            )
    yield from _cut(text_path, text, spans, faults)


def _text_bound(line: str, text: str) -> tuple[tuple[int, int, str], str | None]:
    match = _TEXT_BOUND.fullmatch(line)
    if not match:
        return (0, 0, ""), f"expected T1<TAB>label 0 3<TAB>text, received {line[:80]!r}"
    pieces = [tuple(map(int, piece.split())) for piece in match[3].split(";")]
    start, end = pieces[0][0], pieces[-1][1]
    span = start, end, match[2]
    # A span over the end of a line is written as two that only the line's end parts.
    gaps = (text[one[1] : other[0]] for one, other in zip(pieces, pieces[1:]))
    if any(gap.strip() for gap in gaps):
        return span, f"{match[1]} is discontinuous, {match[3]}: such spans are not read"
    if not 0 <= start < end <= len(text):
        return (0, 0, ""), f"{match[1]} is from {start} to {end} in a text of {len(text)} characters"
    if text[start:end].split() != match[4].split():
        return span, f"{match[1]} from {start} to {end} is {text[start:end][:80]!r} in the text, not {match[4][:80]!r}"
    return span, None


def _cut(path: str, text: str, spans, faults) -> Iterator[SentenceInFile]:
    """Make a sentence of each line, or of the lines that a span goes over."""
    ends = [match.span() for match in re.finditer(r"\r\n|\r|\n", text)]
    covered = np.zeros(len(text) + 1, np.int32)  # by how many spans, as differences
    for start, end, _ in spans:
        covered[start] += 1
        covered[end] -= 1
    covered = np.cumsum(covered)
    breaks = [end for end in ends if not covered[end[0]]] + [(len(text), len(text))]
    begins = [0, *(end for _, end in breaks[:-1])]
    own, wrong = collections.defaultdict(list), {}
    for start, end, label in spans:
        own[bisect.bisect(begins, start) - 1].append((start, end, label))
    for at, fault in faults:
        wrong.setdefault(bisect.bisect(begins, at) - 1, fault)
    line_ends = [end for _, end in ends]
    for number, (begin, (end, _)) in enumerate(zip(begins, breaks)):
        if not text[begin:end].strip() and number not in wrong:
            continue
        sentence = SentenceInFile(f"{path}:{1 + bisect.bisect(line_ends, begin)}")
        if number in wrong:
            sentence.fault = wrong[number]
        else:
            try:
                places = ((start - begin, stop - begin, label) for start, stop, label in own[number])
                add_spans(sentence, text[begin:end], places)
            except ValueError as error:
                sentence.add_fault(sentence.place, str(error))
        yield sentence
