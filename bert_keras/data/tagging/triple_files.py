"""Triples as rows of files state them: by their texts, or by the places of their words."""

from collections.abc import Iterator, Sequence
from typing import Any

from bert_keras.data.tagging.penn_escapes import raw_word

CharacterRange = tuple[int, int]
StatedTriple = tuple[str | CharacterRange, str, str | CharacterRange]  # subject, relation, object
_TEXTS = ("text", "sentText", "sentence")
_LISTS = ("spo_list", "triple_list", "triples", "relationMentions")
_SUBJECTS = ("subject", "head", "h", "em1Text")
_RELATIONS = ("predicate", "relation", "type", "r", "label")
_OBJECTS = ("object", "tail", "t", "em2Text")
_EXPECTED = 'expected {"text": ..., "spo_list": [[subject, relation, object], ...]}'


def triples_of_row(row: Any) -> tuple[str, list[StatedTriple] | None]:
    """Return the text of a row and the triples that it states; None for a text without a list of triples.

    Raises:
        ValueError: If the row is of none of the forms that are known.

    Example:
        >>> triples_of_row({"text": "Ada won", "spo_list": [{"subject": "Ada", "predicate": "did", "object": "won"}]})
        ('Ada won', [('Ada', 'did', 'won')])
    """
    try:
        if "tokens" in row and "entities" in row and "relations" in row:
            return _by_words(row)
        text = _first(row, _TEXTS)
        if isinstance(text, str) and not any(name in row for name in _LISTS):
            return text, None
        stated = [triple for given in _first(row, _LISTS) for triple in _stated(given)]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise ValueError(f"{_EXPECTED}, received {str(row)[:80]!r}") from None
    if not isinstance(text, str) or not all(isinstance(part, str) for triple in stated for part in triple):
        raise ValueError(f"expected strings as text, subject, relation and object, received {str(row)[:80]!r}")
    return text, stated


def _stated(given) -> Iterator[tuple[str, str, str]]:
    subject, relation, target = (
        (_first(given, names) for names in (_SUBJECTS, _RELATIONS, _OBJECTS)) if isinstance(given, dict) else given
    )
    if not isinstance(target, dict):
        yield subject, relation, target
        return
    for name, value in target.items():
        yield subject, relation if name == "@value" else f"{relation}/{name}", value


def _first(row: dict, names: Sequence[str]):
    return row[next((name for name in names if name in row), names[0])]


def _by_words(row: dict) -> tuple[str, list[StatedTriple]]:
    """SpERT's: `entities` with `start` and `end` in words, `relations` between them by number."""
    words, starts = [raw_word(word) for word in row["tokens"]], [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    ranges = []
    for entity in row["entities"]:
        start, end = entity["start"], entity["end"]
        if not 0 <= start < end <= len(words):
            raise ValueError("an entity beyond the words")
        ranges.append((starts[start], starts[end] - 1))
    stated = [(ranges[link["head"]], link["type"], ranges[link["tail"]]) for link in row["relations"]]
    if not all(isinstance(relation, str) for _, relation, _ in stated):
        raise ValueError("a relation that is no string")
    return " ".join(words), stated
