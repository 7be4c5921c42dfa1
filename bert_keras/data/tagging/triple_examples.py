"""Texts with the triples that they state: subject, relation, object."""

import dataclasses
import logging
import os
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence

from bert_keras.data.files.faults import Faults
from bert_keras.data.files.json_rows import read_json_rows
from bert_keras.data.tagging.penn_escapes import PENN_WORDS
from bert_keras.data.tagging.tagged_sentences import split_words
from bert_keras.data.tagging.triple_files import CharacterRange, StatedTriple, triples_of_row

_logger = logging.getLogger(__name__)
WordRange = tuple[int, int]
Triple = tuple[WordRange, WordRange, str]  # subject, object, relation


@dataclasses.dataclass(frozen=True)
class TripleExamples:
    """Texts, their words, and the triples between them.

    Attributes:
        words: The words of each text.
        texts: The texts.
        offsets: (start, end) of each word in its text, in characters.
        triples: (subject, object, relation) of each text; subject and object are (first word, the one behind the last).
        relations: All relations that may occur, sorted.
        num_skipped: Texts left out under `errors="skip"`.
        places: file:line of each text, where it comes from a file.
    """

    words: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]
    offsets: tuple[tuple[tuple[int, int], ...], ...]
    triples: tuple[tuple[Triple, ...], ...]
    relations: tuple[str, ...]
    num_skipped: int = 0
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __len__(self):
        return len(self.texts)

    def quoted(self, triples: Sequence[Sequence[Triple]] | None = None) -> list[list[tuple[str, str, str]]]:
        """Say triples in the words of their texts, each once, for scores that go by text and for files.

        Args:
            triples: (subject, object, relation) of each text, as in `triples`; None for these.

        Returns:
            For each text (subject, object, relation) as strings.

        Raises:
            ValueError: If there are not as many lists of triples as texts.
        """
        triples = self.triples if triples is None else triples
        if len(triples) != len(self):
            raise ValueError(f"expected triples of {len(self)} texts, received those of {len(triples)}")
        results = []
        for text, offsets, some in zip(self.texts, self.offsets, triples, strict=True):
            quoted = {}  # a triple stated at two places is one
            for *parts, relation in some:
                one, other = (text[offsets[first][0] : offsets[end - 1][1]] for first, end in parts)
                quoted.setdefault((one, other, relation))
            results.append(list(quoted))
        return results


def read_triples(
    path: str | os.PathLike,
    *,
    relations: Sequence[str] | None = None,
    errors: str | Faults = "raise",
    encoding: str | None = None,
) -> TripleExamples:
    r"""Read texts with their triples.

    A row is `{"text": ..., "spo_list": [[subject, relation, object], ...]}`, the list also called `triple_list` or
    `triples`; a triple may also be `{"subject": ..., "predicate": ..., "object": ...}`, and an object with several
    arguments `{"@value": ..., "place": ...}`, which makes a triple of each, the further ones with the relation
    `relation/place`. So attributes and the arguments of events, with the event's trigger as the subject, are read as
    well, and the rows of NYT (`sentText`, `relationMentions`) and of SpERT (`tokens`, `entities`, `relations`). A file
    whose rows have no list of triples is one of texts to be read. Further keys are left alone. The file is JSON Lines,
    or JSON with an array of rows.

    Subject and object are found in the text as words of `split_words`, as they stand or else in another case; where
    they occur more than once, the two that are nearest without overlapping. Rows that have their places, as SpERT's,
    keep these.

    Args:
        path: The file, plain or `.gz`.
        relations: The relations that may occur, `relations` of the training examples: then another is a fault. None
            takes those found, sorted.
        errors: "raise" at the first fault; or "skip" the text, and log how many there were and where the first is.
            An `AllFaults` keeps all of them instead.
        encoding: As for `bert_keras.data.read_examples`; None for UTF-8, or UTF-16 with its mark.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: With file and line: a line is no such row, a subject or object does not stand in the text as words,
            a relation is unknown; or nothing at all was read.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.jsonl")
        >>> _ = path.write_text('{"text": "Ada lived in Lyon.", "spo_list": [["Ada", "lived-in", "Lyon"]]}\n')
        >>> read_triples(path).triples
        ((((0, 1), (3, 4), 'lived-in'),),)
    """
    path, faults, found, has_triples = os.fspath(path), Faults.of(errors), [], None
    known = None if relations is None else dict.fromkeys(relations)
    own_keys = ("text", "sentText", "sentence", "tokens")
    for place, row, problem, *_ in read_json_rows(path, own_keys=own_keys, encoding=encoding):
        try:
            if problem:
                raise ValueError(problem)
            text, stated = triples_of_row(row)
            if isinstance(row.get("tokens"), list) and text != " ".join(row["tokens"]) and "text" not in row:
                faults.doubt(PENN_WORDS, place)
            has_triples = stated is not None if has_triples is None else has_triples
            if has_triples != (stated is not None):
                raise ValueError(f"{'a' if stated else 'no'} list of triples, unlike the rows before: {str(row)[:80]}")
            stated = [_with_sound_relation(triple, place, faults) for triple in stated or ()]
            found.append((place, *_in_words(text, stated, known)))
        except ValueError as error:
            faults.add(f"{place}: {error}")
    faults.report(len(found), path)
    if not has_triples:
        _logger.warning("%s: no row has a list of triples, spo_list: read as texts that state none", path)
    places, texts, offsets, triples = zip(*found, strict=True)
    words = tuple(tuple(text[start:end] for start, end in own) for text, own in zip(texts, offsets, strict=True))
    if relations is None:
        relations = sorted({relation for some in triples for _, _, relation in some})
    return TripleExamples(words, texts, offsets, triples, tuple(relations), faults.count, places)


def _with_sound_relation(triple: StatedTriple, place: str, faults: Faults) -> StatedTriple:
    subject, relation, target = triple
    if relation != relation.strip():
        faults.doubt("a relation with spaces around it, which were taken off", f"{place}: {relation!r}")
    if not relation.strip():
        raise ValueError(f"a relation is empty: {str(triple)[:80]}")
    return subject, relation.strip(), target


def _in_words(text: str, stated: Sequence[StatedTriple], relations: Collection[str] | None):
    offsets = tuple(split_words(text))
    if not offsets:
        raise ValueError("text without words")
    occurrences, triples = _Occurrences(text, offsets), []
    for subject, relation, target in stated:
        if relations is not None and relation not in relations:
            raise ValueError(f"{relation!r} is not among the known relations: {', '.join(map(repr, relations))}")
        places = [occurrences.of(part) for part in (subject, target)]
        for part, found in zip((subject, target), places, strict=True):
            if not found:
                raise ValueError(f"{part!r} does not stand in the text as words: {text[:80]!r}")
        triples.append((*_nearest(*places), relation))
    return text, offsets, tuple(sorted(set(triples)))


def _nearest(places: Sequence[WordRange], others: Sequence[WordRange]) -> tuple[WordRange, WordRange]:
    """Return the pair that is nearest without overlapping; both lists ascend, in begins and in ends.

    Only neighbours are looked at: for each place the last one that ends before it, the first that begins behind it, and
    those that begin next to it, for where all overlap.
    """
    begins, ends = [begin for begin, _ in others], [end for _, end in others]

    def pairs():
        for place in places:
            near = bisect_left(begins, place[0])
            neighbours = (bisect_right(ends, place[0]) - 1, bisect_left(begins, place[1]), near - 1, near)
            yield from ((place, others[number]) for number in neighbours if 0 <= number < len(others))

    return min(pairs(), key=_distance)


def _distance(pair: tuple[WordRange, WordRange]) -> tuple:
    """Sort pairs that overlap behind all others: a town within an institute's name is rarely the town it lies in."""
    (begin, end), (other_begin, other_end) = pair
    return begin < other_end and other_begin < end, abs(begin - other_begin), pair


class _Occurrences:
    """Where parts of a text stand as whole words."""

    def __init__(self, text: str, offsets: Sequence[tuple[int, int]]):
        self._text, self._lower = text, text.lower()
        self._first_word = {start: i for i, (start, _) in enumerate(offsets)}
        self._end_word = {end: i + 1 for i, (_, end) in enumerate(offsets)}
        self._known: dict[str | CharacterRange, list[WordRange]] = {}

    def of(self, part: str | CharacterRange) -> list[WordRange]:
        """Return the places of a part, ascending."""
        if part not in self._known:
            self._known[part] = [
                (self._first_word[start], self._end_word[end])
                for start, end in self._ranges(part)
                if start in self._first_word and end in self._end_word
            ]
        return self._known[part]

    def _ranges(self, part: str | CharacterRange) -> list[CharacterRange]:
        if not isinstance(part, str):
            return [part]
        ranges = _ranges(self._text, part)
        return _ranges(self._lower, part.lower()) if not ranges and len(self._lower) == len(self._text) else ranges


def _ranges(text: str, part: str) -> list[CharacterRange]:
    ranges, begin = [], text.find(part) if part.strip() else -1
    while begin >= 0:
        ranges.append((begin, begin + len(part)))
        begin = text.find(part, begin + 1)
    return ranges
