"""Texts with the triples that they state: subject, relation, object, out of `{"text", "spo_list"}` JSONL."""

import dataclasses
import itertools
import logging
import os
from collections.abc import Iterator, Sequence

from bert_keras.data.files.text_lines import read_lines
from bert_keras.data.tagging.tagged_sentences import split_words
from bert_keras.json_text import parse_json

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
    """

    words: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]
    offsets: tuple[tuple[tuple[int, int], ...], ...]
    triples: tuple[tuple[Triple, ...], ...]
    relations: tuple[str, ...]
    num_skipped: int = 0

    def __len__(self):
        return len(self.texts)

    def quoted(self, triples: Sequence[Sequence[Triple]] | None = None) -> list[list[tuple[str, str, str]]]:
        """Says triples in the words of their texts, each once, for scores that go by text and for files.

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
    path: str | os.PathLike, *, relations: Sequence[str] | None = None, errors: str = "raise"
) -> TripleExamples:
    r"""Reads texts with their triples.

    A line is `{"text": ..., "spo_list": [[subject, relation, object], ...]}`; a triple may also be `{"subject": ...,
    "predicate": ..., "object": ...}`, and an object with several arguments `{"@value": ..., "place": ...}`, which makes
    a triple of each, the further ones with the relation `relation/place`. So attributes and the arguments of events,
    with the event's trigger as the subject, are read as well. Subject and object are found in the text as words of
    `split_words`, in upper or lower case as they stand; where they occur more than once, the two that are nearest
    without overlapping.

    Args:
        path: The file, UTF-8, plain or `.gz`.
        relations: The relations that may occur, `relations` of the training examples: then another is a fault. None
            takes those found, sorted.
        errors: "raise" at the first fault; or "skip" the text, and log how many there were and where the first is.

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
    if errors not in ("raise", "skip"):
        raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
    path = os.fspath(path)
    found, num_skipped, first = [], 0, ""
    for line in read_lines(path):
        try:
            if line.problem:
                raise ValueError(line.problem)
            found.append(_parse_row(line.text, relations))
        except ValueError as error:
            if errors == "raise":
                raise ValueError(f"{path}:{line.number}: {error}") from None
            num_skipped, first = num_skipped + 1, first or f"{path}:{line.number}: {error}"
    if num_skipped:
        _logger.warning("skipped %d of %d texts, the first: %s", num_skipped, num_skipped + len(found), first)
    if not found:
        raise ValueError(f"no texts in {path}{f'; skipped {num_skipped}: {first}' if num_skipped else ''}")
    texts, offsets, triples = zip(*found, strict=True)
    words = tuple(tuple(text[start:end] for start, end in places) for text, places in zip(texts, offsets, strict=True))
    if relations is None:
        relations = sorted({relation for some in triples for _, _, relation in some})
    return TripleExamples(words, texts, offsets, triples, tuple(relations), num_skipped)


def _parse_row(line: str, relations: Sequence[str] | None):
    try:
        row = parse_json(line)
        text, spo_list = row["text"], row["spo_list"]
        stated = [triple for spo in spo_list for triple in _stated(spo)]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            f'expected {{"text": ..., "spo_list": [[subject, relation, object], ...]}}, received {line[:80]!r}'
        ) from None
    if not isinstance(text, str) or not all(isinstance(part, str) for triple in stated for part in triple):
        raise ValueError(f"expected strings as text, subject, relation and object, received {line[:80]!r}")
    offsets = tuple(split_words(text))
    if not offsets:
        raise ValueError("text without words")
    triples = []
    for subject, relation, target in stated:
        if relations is not None and relation not in relations:
            raise ValueError(f"{relation!r} is not among the known relations: {', '.join(map(repr, relations))}")
        places = [list(_occurrences(text, offsets, part)) for part in (subject, target)]
        for part, occurrences in zip((subject, target), places, strict=True):
            if not occurrences:
                raise ValueError(f"{part!r} does not stand in the text as words: {text[:80]!r}")
        triples.append((*min(itertools.product(*places), key=_distance), relation))
    return text, offsets, tuple(sorted(set(triples)))


def _distance(pair: tuple[WordRange, WordRange]) -> tuple:
    """Sorts pairs that overlap behind all others: a town within an institute's name is rarely the town it lies in."""
    (begin, end), (other_begin, other_end) = pair
    return begin < other_end and other_begin < end, abs(begin - other_begin), pair


def _stated(spo) -> Iterator[tuple[str, str, str]]:
    subject, relation, target = (
        (spo[key] for key in ("subject", "predicate", "object")) if isinstance(spo, dict) else spo
    )
    if not isinstance(target, dict):
        yield subject, relation, target
        return
    for name, value in target.items():
        yield subject, relation if name == "@value" else f"{relation}/{name}", value


def _occurrences(text: str, offsets: Sequence[tuple[int, int]], part: str) -> Iterator[WordRange]:
    """Where a part of a text stands as whole words."""
    first_word = {start: i for i, (start, _) in enumerate(offsets)}
    end_word = {end: i + 1 for i, (_, end) in enumerate(offsets)}
    begin = text.find(part) if part.strip() else -1
    while begin >= 0:
        if begin in first_word and begin + len(part) in end_word:
            yield first_word[begin], end_word[begin + len(part)]
        begin = text.find(part, begin + 1)
