"""Texts that are nearly those of a held-out part, or of their own: by the words that they share, without a model."""

import collections
import functools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bert_keras.data.corpus.minhash import MinHash, jaccard
from bert_keras.data.corpus.near_duplicates import NearTexts, check_threshold, find_near_duplicates
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, differing
from bert_keras.data.quality.repeated_texts import normalized
from bert_keras.progress import with_progress

_SHINGLE_WORDS = 2  # of single sentences
_TEXTS_AT_ONCE = 1024  # between two looks at the clock
_MARGIN = 0.2  # by so much an estimate may lie below the similarity, which is then counted


def near_checks(
    parts: Sequence[CheckedPart], *, similarity: float = 0.8
) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
    """Return what finds texts that are nearly the same: "near_leaks" between two parts, "near_duplicates" within one.

    What is found is compared word by word: the share of the pairs of neighbouring words that both texts have, of those
    that either has. Texts that are the same but for case and blanks are no findings here; of questions it is the
    passages that are compared, and one that is in two parts is a near leak, too. A step takes minutes where a part has
    a million texts.

    Args:
        parts: As for `find_repeated_texts`.
        similarity: From which on texts are nearly the same, above 0 and at most 1.

    Returns:
        (name of a part, or of two of them, function that finds what they have) of each step.

    Raises:
        ValueError: If the similarity is out of range.

    Example:
        >>> texts = [("a cat sat on the mat all day",), ("A cat sat on the mat, all day!",)]
        >>> parts = [CheckedPart(n, (t,), (f"{n}.tsv:1",), t) for n, t in zip(("train", "validation"), texts)]
        >>> checks = near_checks(parts)
        >>> [name for name, _ in checks]
        ['train and validation', 'train', 'validation']
        >>> [(found.check, found.what) for _, check in checks for found in check()]
        [('near_leaks', 'train has nearly the same, 1.00 alike: a cat sat on the mat all day')]
    """
    check_threshold(similarity)
    parts = sorted(parts, key=lambda part: not part.is_train)
    group = functools.cache(lambda number: _Group(parts[number]))  # made where one of its checks is called
    checks = []
    for number, part in enumerate(parts):
        for other in range(number + 1, len(parts)):
            name = f"{part.name} and {parts[other].name}"
            checks.append((name, lambda one=number, two=other: _between(group(one), group(two), similarity)))
        checks.append((part.name, lambda one=number: _within(group(one), similarity)))
    return checks


class _Group:
    """The different texts of a part, each with the numbers of the examples that have it."""

    def __init__(self, part: CheckedPart):
        self.part, self.examples_of = part, collections.defaultdict(list)
        for number, text in enumerate(part.keys if part.passages is None else part.passages):
            self.examples_of[normalized(text)].append(number)
        self.texts = list(self.examples_of)

    def texts_to_compare(self) -> Iterator[str]:
        """Yield the texts, and say now and then how many are done: they are taken as they are compared."""
        numbers = np.arange(len(self.texts))
        lots = ((some, None) for some in np.split(numbers, numbers[_TEXTS_AT_ONCE::_TEXTS_AT_ONCE]))
        for some, _ in with_progress(lots, len(self.texts), name=f"... {self.part.name}", show=None):
            for number in some:
                yield self.texts[number]

    def places(self, text: str) -> tuple[str, ...]:
        return tuple(self.part.places[number] for number in self.examples_of[text])

    def shown(self, text: str) -> str:
        return self.part.keys[self.examples_of[text][0]] if self.part.passages is None else text


def _between(known: _Group, held_out: _Group, similarity: float) -> Iterator[Finding]:
    if not held_out.texts:
        return
    minhash = MinHash(_SHINGLE_WORDS)
    near = NearTexts(similarity, minhash.num_hashes, max_texts=len(held_out.texts))
    shingles_of = []
    for signature, shingles in minhash.signed(held_out.texts):
        near.add(signature)
        shingles_of.append(shingles)
    found = collections.defaultdict(list)  # (similarity, text of the other part) by text that is held out
    for text, (signature, shingles) in zip(known.texts, minhash.signed(known.texts_to_compare()), strict=True):
        if not len(shingles):
            continue
        for number in near.near(signature, _MARGIN)[0].tolist():
            is_same = text == held_out.texts[number]
            if is_same and held_out.part.passages is None:
                continue  # which is found without this
            if (alike := jaccard(shingles, shingles_of[number])) >= similarity:
                found[number].append((alike, text))
    for number in sorted(found):
        text, others = held_out.texts[number], sorted(found[number], reverse=True)
        places = tuple(place for _, other in others for place in known.places(other))
        here = held_out.places(text)
        what = "the same passage" if others[0][1] == text else f"nearly the same, {others[0][0]:.2f} alike"
        more = f" (and {len(others) - 1} more)" if len(others) > 1 else ""
        shown, other = differing(held_out.shown(text), known.shown(others[0][1]))
        what = f"{known.part.name} has {what}{more}: {other}"
        left_out = places if known.part.is_train else ()
        yield Finding("near_leaks", held_out.part.name, what, here[0], shown, places + here[1:], left_out)


def _within(group: _Group, similarity: float) -> Iterator[Finding]:
    most = max(1, len(group.texts))
    for index, earlier, alike in find_near_duplicates(
        group.texts_to_compare(), similarity, shingle_words=_SHINGLE_WORDS, max_texts=most
    ):
        text, other = group.texts[index], group.texts[earlier]
        here, places = group.places(text), group.places(other)
        shown, earlier_shown = differing(group.shown(text), group.shown(other))
        what = f"{alike:.2f} alike: {earlier_shown}"
        left_out = here if group.part.is_train else ()
        yield Finding("near_duplicates", group.part.name, what, here[0], shown, places + here[1:], left_out)
