"""Words that are marked in one sentence and not, or as something else, in another."""

import collections
from collections.abc import Iterator, Sequence

from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, shortened
from bert_keras.data.tagging.tagged_sentences import split_words

_LEAST = 5  # times that words have to be marked alike before another mark is worth a look
_RARE = 0.2  # of all the times that they come
_LONGEST = 4  # words of a mark that is sought elsewhere


def find_inconsistent_marks(parts: Sequence[CheckedPart]) -> Iterator[Finding]:
    """Find words that are nearly always marked as one thing, where they are marked as another or not at all.

    That need not be a mistake, `Jordan` is a man and a country; it is where mistakes are found. Words are compared as
    they are written, in all parts together.

    Args:
        parts: Parts of a task; those without spans are passed over.

    Example:
        >>> texts, spans = (("in Lyon",),) * 6, (((3, 7, "place"),),) * 5 + ((),)
        >>> part = CheckedPart("train", texts, tuple("abcdef"), ("",) * 6, spans=spans)
        >>> [(found.place, found.what) for found in find_inconsistent_marks([part])]
        [('f', "'Lyon' is not marked here, and 5 times is: place (5)")]
    """
    parts = [part for part in parts if part.spans is not None]
    marks = collections.defaultdict(collections.Counter)  # labels by words
    where = collections.defaultdict(list)  # (part, place, text) by words and label
    for part in parts:
        for (text, *_), spans, place in zip(part.texts, part.spans, part.places, strict=True):
            for begin, end, label in spans:
                marks[text[begin:end]][label] += 1
                where[text[begin:end], label].append((part.name, place, text))
    sought = {words for words, labels in marks.items() if labels.total() >= _LEAST}
    unmarked = _unmarked(parts, sought)
    for words in sorted(sought, key=lambda words: -marks[words].total()):
        labels, places = marks[words], unmarked.get(words, [])
        counted = ", ".join(f"{label} ({count})" for label, count in labels.most_common())
        for label, count in labels.items():
            if count <= _RARE * labels.total():
                what = f"{words!r} is {label} here, and in all: {counted}"
                yield _finding(what, where[words, label])
        if places and len(places) <= _RARE * (labels.total() + len(places)):
            yield _finding(f"{words!r} is not marked here, and {labels.total()} times is: {counted}", places)


def _finding(what: str, where: list[tuple[str, str, str]]) -> Finding:
    part, place, text = where[0]
    return Finding("annotations", part, what, place, shortened(text), tuple(other for _, other, _ in where[1:]))


def _unmarked(parts: Sequence[CheckedPart], sought: set[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Return where some words stand outside of any mark."""
    found, first_words = collections.defaultdict(list), {words[:1] for words in sought}
    for part in parts:
        for (text, *_), spans, place in zip(part.texts, part.spans, part.places, strict=True):
            words = split_words(text)
            for number, (begin, _) in enumerate(words):
                if text[begin] not in first_words:
                    continue
                for _, end in words[number : number + _LONGEST]:
                    here = text[begin:end]
                    if here in sought and not any(start < end and begin < stop for start, stop, _ in spans):
                        found[here].append((part.name, place, text))
    return found
