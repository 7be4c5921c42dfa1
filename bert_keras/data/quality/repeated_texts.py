"""Texts that come more than once: inside a part, in two parts, with one answer or with several."""

import collections
import hashlib
import unicodedata
from collections.abc import Iterator, Sequence

from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, shortened


def normalized(text: str) -> str:
    """Return a text as it is compared: by Unicode's NFKC, in any case, with single blanks.

    Example:
        >>> normalized(" Ｓo  GOOD") == normalized("so good")
        True
    """
    return " ".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().split())


def find_repeated_texts(parts: Sequence[CheckedPart]) -> Iterator[Finding]:
    """Find texts that come more than once.

    Texts are the same where only case, blanks, or the form of their characters by Unicode's NFKC differ, and so are
    answers. Of each text there is one finding a kind: "conflicts" where it has several answers in a part, else
    "duplicates"; and "leaks" where a part has a text of another one. Where several answers are right, as of what is to
    be generated, duplicates are the text and its answer together.

    Args:
        parts: The training part, which is called "train", and the others. Memory holds 100 bytes or so for each example
            beside them.

    Example:
        >>> train = CheckedPart("train", (("Good", ), ("good ", )), ("a.tsv:1", "a.tsv:2"), ("Good", "good "))
        >>> [(found.check, found.place, found.others) for found in find_repeated_texts([train])]
        [('duplicates', 'a.tsv:1', ('a.tsv:2',))]
    """
    groups = collections.defaultdict(list)  # (number of the part, number of the example) by text
    for number, part in enumerate(parts):
        for example, key in enumerate(part.keys):
            digest = hashlib.blake2b(normalized(key).encode("utf-8", "surrogatepass"), digest_size=12).digest()
            groups[digest].append((number, example))
    for group in groups.values():
        if len(group) > 1:
            by_part = collections.defaultdict(list)
            for number, example in group:
                by_part[number].append(example)
            for number, examples in by_part.items():
                if len(examples) > 1:
                    yield from _within(parts[number], examples)
            yield from _between(parts, by_part)


def _within(part: CheckedPart, examples: list[int]) -> Iterator[Finding]:
    by_answer = collections.defaultdict(list)
    for example in examples:
        by_answer["" if part.answers is None else normalized(part.answers[example])].append(example)
    text = shortened(part.keys[examples[0]])
    if len(by_answer) > 1 and part.has_one_answer:
        most = sorted(by_answer.values(), key=len, reverse=True)[:5]
        counted = ", ".join(f"{shortened(part.answers[some[0]], 60)!r} ({len(some)})" for some in most)
        what = f"{len(examples)} rows with this text are answered {counted}"
        places = tuple(part.places[example] for example in examples)
        yield Finding("conflicts", part.name, what, places[0], text, places[1:], places if part.is_train else ())
        return
    with_answer = " with this answer" if len(by_answer) > 1 else ""
    for some in by_answer.values():
        if len(some) > 1:
            first, *again = (part.places[example] for example in some)
            what = f"{len(some)} rows have this text{with_answer}"
            yield Finding(
                "duplicates", part.name, what, first, text, tuple(again), tuple(again) if part.is_train else ()
            )


def _between(parts: Sequence[CheckedPart], by_part: dict[int, list[int]]) -> Iterator[Finding]:
    """Yield one finding for each held-out part that has a text of a part before it, of training if that has it."""
    first, *others = sorted(by_part, key=lambda number: (not parts[number].is_train, number))
    known = parts[first]
    places = tuple(known.places[example] for example in by_part[first])
    for number in others:
        part, examples = parts[number], by_part[number]
        what = f"{known.name} has it in {len(places)} row{'s' * (len(places) > 1)}"
        if part.answers is not None and known.answers is not None and known.has_one_answer:
            theirs, ours = ({p.answers[x] for x in by_part[n]} for n, p in ((first, known), (number, part)))
            if set(map(normalized, theirs)) != set(map(normalized, ours)):
                what += f", where its answer is {shortened(', '.join(sorted(theirs)), 60)!r}"
        left_out = places if known.is_train else ()
        where = tuple(part.places[example] for example in examples[1:])
        yield Finding(
            "leaks", part.name, what, part.places[examples[0]], shortened(part.keys[examples[0]]), places + where,
            left_out,
        )  # fmt: skip
