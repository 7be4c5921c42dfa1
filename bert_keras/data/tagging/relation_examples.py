"""Sentences with two marked entities and the relation between them: SemEval-2010 task 8's files, and JSONL."""

import dataclasses
import logging
import os
import re
from collections.abc import Iterator, Sequence

from bert_keras.data.files.text_lines import read_lines
from bert_keras.json_text import parse_json

_logger = logging.getLogger(__name__)
_MARKER = re.compile(r"</?e[12]>")
_SENTENCE = re.compile(r'(\d+)\t"?(.*?)"?\s*')
CharacterSpan = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class RelationExamples:
    """Sentences, the two entities of each, and their relation.

    Attributes:
        texts: The sentences, without markers.
        first_spans: (start, end) of the first entity, in characters: `text[start:end]`.
        second_spans: The same of the second.
        labels: The relations; None without.
        label_names: All relations that may occur, sorted; None without labels.
        ids: What the file calls each example.
        num_skipped: Examples left out under `errors="skip"`.
    """

    texts: tuple[str, ...]
    first_spans: tuple[CharacterSpan, ...]
    second_spans: tuple[CharacterSpan, ...]
    labels: tuple[str, ...] | None = None
    label_names: tuple[str, ...] | None = None
    ids: tuple[str, ...] = ()
    num_skipped: int = 0

    def __len__(self):
        return len(self.texts)


def read_relations(
    path: str | os.PathLike, *, label_names: Sequence[str] | None = None, errors: str = "raise"
) -> RelationExamples:
    r"""Reads sentences with two marked entities.

    * SemEval-2010 task 8: `1<TAB>"The <e1>child</e1> was in the <e2>box</e2>."`, on the next line the relation, such as
      `Component-Whole(e2,e1)` or `Other`; comments and empty lines are passed over. A file of sentences alone gives
      examples without labels.
    * JSONL (`.jsonl`): `{"text": "The <e1>child</e1> ...", "label": ...}`, the label or all labels may be missing.

    Args:
        path: The file, UTF-8 with or without a byte order mark, plain or `.gz`.
        label_names: The relations that may occur, `label_names` of the training examples: then another is a fault.
            None takes those found, sorted.
        errors: "raise" at the first fault; or "skip" the example, and log how many there were and where the first is.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: With file and line: a marker is missing or out of its place, an entity is empty, a line is none of a
            sentence, only some examples have labels, a label is unknown; or nothing at all was read.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.txt")
        >>> _ = path.write_text('1\t"A <e1>cat</e1> in a <e2>box</e2>."\nContent-Container(e1,e2)\nComment:\n\n')
        >>> examples = read_relations(path)
        >>> examples.texts, examples.first_spans, examples.labels
        (('A cat in a box.',), ((2, 5),), ('Content-Container(e1,e2)',))
    """
    if errors not in ("raise", "skip"):
        raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
    path = os.fspath(path)
    is_jsonl = os.path.splitext(path.removesuffix(".gz"))[1].lower() in (".jsonl", ".ndjson")
    found, num_skipped, first = [], 0, ""
    for place, number, marked, label, fault in (_json_rows if is_jsonl else _semeval_rows)(path):
        try:
            if fault:
                raise ValueError(fault)
            text, spans = split_markers(marked)
            if label is not None and label_names is not None and label not in label_names:
                raise ValueError(f"{label!r} is not among the known relations: {', '.join(map(repr, label_names))}")
            if found and (label is None) != (found[0][3] is None):
                raise ValueError(f"{'no' if label is None else 'a'} relation, unlike the examples before")
        except ValueError as error:
            if errors == "raise":
                raise ValueError(f"{place}: {error}") from None
            num_skipped, first = num_skipped + 1, first or f"{place}: {error}"
            continue
        found.append((text, *spans, label, number))
    if num_skipped:
        _logger.warning("skipped %d of %d examples, the first: %s", num_skipped, num_skipped + len(found), first)
    if not found:
        raise ValueError(f"no examples in {path}{f'; skipped {num_skipped}: {first}' if num_skipped else ''}")
    texts, first_spans, second_spans, labels, ids = zip(*found, strict=True)
    if labels[0] is None:
        labels = label_names = None
    else:
        label_names = tuple(sorted(set(labels)) if label_names is None else label_names)
    return RelationExamples(texts, first_spans, second_spans, labels, label_names, ids, num_skipped)


def split_markers(marked: str) -> tuple[str, tuple[CharacterSpan, CharacterSpan]]:
    """Takes the markers out of a text.

    Returns:
        The text, and (start, end) of `<e1>...</e1>` and of `<e2>...</e2>` in it.

    Raises:
        ValueError: If a marker is missing, comes twice or out of its place, or an entity is empty.

    Example:
        >>> split_markers("A <e2>box</e2> of <e1>cats</e1>")
        ('A box of cats', ((9, 13), (2, 5)))
    """
    markers = _MARKER.findall(marked)
    if markers not in (["<e1>", "</e1>", "<e2>", "</e2>"], ["<e2>", "</e2>", "<e1>", "</e1>"]):
        raise ValueError(f"expected <e1>...</e1> and <e2>...</e2>, found {' '.join(markers) or 'no marker'}")
    pieces = _MARKER.split(marked)
    # Spaces inside the markers are no part of the entity.
    spans, begin = [], 0
    for piece in pieces[:-1]:
        spans.append((begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())))
        begin += len(piece)
    one, other = spans[1], spans[3]
    for start, end in (one, other):
        if start >= end:
            raise ValueError(f"an entity is empty: {marked[:80]!r}")
    return "".join(pieces), (one, other) if markers[0] == "<e1>" else (other, one)


def _semeval_rows(path: str) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Yields place, id, sentence with markers, relation, and what is wrong."""
    waiting = None
    for line in read_lines(path):
        place, text = f"{path}:{line.number}", line.text.strip()
        match = _SENTENCE.fullmatch(line.text)
        if line.problem or match:
            if waiting:
                yield *waiting, None, None
            waiting = (place, match[1], match[2]) if match else None
            if line.problem:
                yield place, "", "", None, line.problem
        elif text and not text.startswith("Comment"):
            if waiting:
                yield *waiting, text, None
            else:
                yield place, "", "", None, f"expected a number, a tab and a sentence, received {text[:80]!r}"
            waiting = None
    if waiting:
        yield *waiting, None, None


def _json_rows(path: str) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    for line in read_lines(path):
        place, text, label, fault = f"{path}:{line.number}", "", None, line.problem
        if not fault:
            try:
                row = parse_json(line.text)
                text, label = row["text"], row.get("label")
                if not isinstance(text, str) or not isinstance(label, str | None):
                    fault = "expected text and label as strings"
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                fault = f'expected {{"text": ..., "label": ...}}, received {line.text[:80]!r} ({type(error).__name__})'
        yield place, str(line.number), text, label, fault
