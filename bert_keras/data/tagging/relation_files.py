"""Sentences with two entities as they stand in files: with markers, or with the places of the entities."""

import dataclasses
import re
from collections.abc import Callable, Iterator

from bert_keras.data.files.file_kinds import why_no_data
from bert_keras.data.files.json_rows import is_json_file, read_json_rows
from bert_keras.data.files.text_lines import read_lines
from bert_keras.data.tagging.penn_escapes import raw_word

_SENTENCE = re.compile(r'(\d+)\t"?(.*?)"?\s*')
# Each way to mark entities, and what its markers are called.
_MARKERS = (
    (re.compile(r"</?e[12]>"), ("<e1>", "</e1>", "<e2>", "</e2>")),
    (re.compile(r"\[/?E[12]\]"), ("[E1]", "[/E1]", "[E2]", "[/E2]")),
)
CharacterSpan = tuple[int, int]


@dataclasses.dataclass
class RelationInFile:
    """One sentence as it stands in a file, with what is wrong with it.

    Attributes:
        place: file:line.
        id: What the file calls it.
        text: The sentence without markers.
        first: (start, end) of the first entity, in characters.
        second: The same of the second.
        label: The relation; None without.
        is_escaped: Whether the file has words of the text otherwise, as the Penn Treebank spells them.
        fault: What is wrong; None if all is well.
    """

    place: str
    id: str = ""
    text: str = ""
    first: CharacterSpan = (0, 0)
    second: CharacterSpan = (0, 0)
    label: str | None = None
    is_escaped: bool = False
    fault: str | None = None

    def mark(self, marked: str) -> None:
        """Take text and entities out of a text with markers, or note what is wrong."""
        try:
            self.text, (self.first, self.second) = split_markers(marked)
        except ValueError as error:
            self.fault = str(error)


def relations_in_file(path: str, encoding: str | None = None) -> Iterator[RelationInFile]:
    """Yield the sentences of a file in the format that it has."""
    first = next((line.text for line in read_lines(path, encoding=encoding) if line.text.strip()), "")
    if kind := why_no_data(first):
        raise ValueError(f"{path}:1: not sentences with two entities: {kind}")
    return (_json_rows if is_json_file(path, first, encoding) else _semeval_rows)(path, encoding)


def split_markers(marked: str) -> tuple[str, tuple[CharacterSpan, CharacterSpan]]:
    """Take the markers out of a text.

    Returns:
        The text, and (start, end) of `<e1>...</e1>` and of `<e2>...</e2>` in it, or of `[E1]...[/E1]` and
        `[E2]...[/E2]` where none of the former are.

    Raises:
        ValueError: If a marker is missing, comes twice or out of its place, or an entity is empty.

    Example:
        >>> split_markers("A <e2>box</e2> of <e1>cats</e1>")
        ('A box of cats', ((9, 13), (2, 5)))
        >>> split_markers("A [E2]box[/E2] of [E1]cats[/E1]")
        ('A box of cats', ((9, 13), (2, 5)))
    """
    pattern, names = next((known for known in _MARKERS if known[0].search(marked)), _MARKERS[0])
    markers = pattern.findall(marked)
    if markers not in ([*names], [*names[2:], *names[:2]]):
        expected = f"{names[0]}...{names[1]} and {names[2]}...{names[3]}"
        raise ValueError(f"expected {expected}, found {' '.join(markers) or 'no marker'}")
    pieces = pattern.split(marked)
    # Spaces inside the markers are no part of the entity.
    spans, begin = [], 0
    for piece in pieces[:-1]:
        spans.append((begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())))
        begin += len(piece)
    one, other = spans[1], spans[3]
    for start, end in (one, other):
        if start >= end:
            raise ValueError(f"an entity is empty: {marked[:80]!r}")
    return "".join(pieces), (one, other) if markers[0] == names[0] else (other, one)


def _semeval_rows(path: str, encoding: str | None) -> Iterator[RelationInFile]:
    waiting = None
    for line in read_lines(path, encoding=encoding):
        place, text = f"{path}:{line.number}", line.text.strip()
        match = _SENTENCE.fullmatch(line.text)
        if line.problem or match:
            if waiting:
                yield waiting
            waiting = None
            if line.problem:
                yield RelationInFile(place, fault=line.problem)
            else:
                waiting = RelationInFile(place, match[1])
                waiting.mark(match[2])
        elif text and not text.startswith("Comment"):
            if waiting:
                waiting.label = text
                yield waiting
            else:
                yield RelationInFile(place, fault=f"expected a number, a tab and a sentence, received {text[:80]!r}")
            waiting = None
    if waiting:
        yield waiting


def _json_rows(path: str, encoding: str | None) -> Iterator[RelationInFile]:
    rows = read_json_rows(path, own_keys=("text", "sentence", "token", "tokens"), encoding=encoding)
    for number, (place, row, problem, *_) in enumerate(rows, 1):
        found = RelationInFile(place, str(number), fault=problem)
        if not problem:
            try:
                _read_row(found, row)
            except (TypeError, KeyError, AttributeError) as error:
                reason = f"no {error}" if isinstance(error, KeyError) else str(error)
                found.fault = f"{_EXPECTED}, received {str(row)[:80]!r} ({reason})"
            except ValueError as error:
                found.fault = str(error)
        yield found


_EXPECTED = 'expected {"text": "... <e1>...</e1> ... <e2>...</e2> ...", "label": ...}'


def _read_row(found: RelationInFile, row):
    if not isinstance(row, dict):
        raise ValueError(f"{_EXPECTED}, received {str(row)[:80]!r}")
    found.id = str(row.get("id", found.id))
    found.label = row["label"] if "label" in row else row.get("relation")
    if isinstance(found.label, (int, float)) and not isinstance(found.label, bool):
        raise ValueError(f"expected the relation's name, received the number {found.label}: write the names")
    if not isinstance(found.label, str | None) or found.label == "":
        raise ValueError(f"expected text and label as strings, received the label {found.label!r}")
    next(read for is_it, read in _FORMS if is_it(row))(found, row)
    found.is_escaped = "text" not in row and isinstance(row.get("token"), list) and found.text != " ".join(row["token"])


def _read_tacred(found: RelationInFile, row: dict):
    """TACRED's places are those of the first and of the last word."""
    found.text, places = _joined(row["token"])
    found.first = _characters(places, row["subj_start"], row["subj_end"] + 1)
    found.second = _characters(places, row["obj_start"], row["obj_end"] + 1)


def _read_opennre(found: RelationInFile, row: dict):
    """OpenNRE's places are (start, end), of words where the row has words, else of characters."""
    if "text" in row:
        found.text = row["text"]
        for name in ("h", "t"):
            start, end = row[name]["pos"]
            if not 0 <= start < end <= len(found.text):
                raise ValueError(f"{name!r} is from {start} to {end} in a text of {len(found.text)} characters")
            said = row[name].get("name")
            if isinstance(said, str) and found.text[start:end].split() != said.split():
                raise ValueError(
                    f"{name!r} from {start} to {end} is {found.text[start:end]!r} in the text, not {said!r}"
                )
        found.first, found.second = tuple(row["h"]["pos"]), tuple(row["t"]["pos"])
    else:
        found.text, places = _joined(row["token"])
        found.first, found.second = (_characters(places, *row[name]["pos"]) for name in ("h", "t"))


def _read_marked(found: RelationInFile, row: dict):
    text = row["text"] if "text" in row else row["sentence"]
    if not isinstance(text, str):
        raise ValueError(f"expected text and label as strings, received the text {str(text)[:80]}")
    found.mark(text)


def _joined(words: list) -> tuple[str, list[CharacterSpan]]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise ValueError(f"expected words as strings, received {str(words)[:80]}")
    words = [raw_word(word) for word in words]  # TACRED's brackets are -LRB- and -RRB-
    places, begin = [], 0
    for word in words:
        places.append((begin, begin + len(word)))
        begin += len(word) + 1
    return " ".join(words), places


def _characters(places: list[CharacterSpan], start: int, end: int) -> CharacterSpan:
    if not 0 <= start < end <= len(places):
        raise ValueError(f"an entity is from word {start} to {end} of {len(places)}")
    return places[start][0], places[end - 1][1]


_FORMS: tuple[tuple[Callable[[dict], bool], Callable[[RelationInFile, dict], None]], ...] = (
    (lambda row: "subj_start" in row, _read_tacred),
    (lambda row: "h" in row and "t" in row, _read_opennre),
    (lambda row: True, _read_marked),
)
