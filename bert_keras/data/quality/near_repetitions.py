"""Texts that are nearly those of a held-out part, or of their own: by the words that they share, without a model."""

import collections
from collections.abc import Iterator, Sequence

from bert_keras.data.corpus.minhash import MinHash, jaccard
from bert_keras.data.corpus.near_duplicates import NearTexts, find_near_duplicates
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, differing
from bert_keras.data.quality.repeated_texts import normalized

_SHINGLE_WORDS = 2  # of single sentences
_MARGIN = 0.2  # by so much an estimate may lie below the similarity, which is then counted


def find_near_repetitions(parts: Sequence[CheckedPart], *, similarity: float = 0.8) -> Iterator[Finding]:
    """Find texts that are nearly the same: "near_leaks" between two parts, "near_duplicates" within one.

    What is found is compared word by word: the share of the pairs of neighbouring words that both texts have, of those
    that either has. Texts that are the same but for case and blanks are no findings here; of questions it is the
    passages that are compared, and one that is in two parts is a near leak, too.

    Args:
        parts: As for `find_repeated_texts`.
        similarity: From which on texts are nearly the same, above 0 and at most 1.

    Example:
        >>> texts = [("a cat sat on the mat all day",), ("A cat sat on the mat, all day!",)]
        >>> parts = [CheckedPart(n, (t,), (f"{n}.tsv:1",), t) for n, t in zip(("train", "validation"), texts)]
        >>> [(found.check, found.what) for found in find_near_repetitions(parts)]
        [('near_leaks', 'train has nearly the same, 1.00 alike: a cat sat on the mat all day')]
    """
    parts = sorted(parts, key=lambda part: not part.is_train)
    minhash = MinHash(_SHINGLE_WORDS)
    groups = [_Group(part) for part in parts]
    for number, group in enumerate(groups):
        for held_out in groups[number + 1 :]:
            yield from _between(group, held_out, minhash, similarity)
        yield from _within(group, similarity)


class _Group:
    """The different texts of a part, each with the numbers of the examples that have it."""

    def __init__(self, part: CheckedPart):
        self.part, self.examples_of = part, collections.defaultdict(list)
        for number, text in enumerate(part.keys if part.passages is None else part.passages):
            self.examples_of[normalized(text)].append(number)
        self.texts = list(self.examples_of)

    def places(self, text: str) -> tuple[str, ...]:
        return tuple(self.part.places[number] for number in self.examples_of[text])

    def shown(self, text: str) -> str:
        return self.part.keys[self.examples_of[text][0]] if self.part.passages is None else text


def _between(known: _Group, held_out: _Group, minhash: MinHash, similarity: float) -> Iterator[Finding]:
    if not held_out.texts:
        return
    near = NearTexts(similarity, minhash.num_hashes, max_texts=len(held_out.texts))
    shingles_of = []
    for signature, shingles in minhash.signed(held_out.texts):
        near.add(signature)
        shingles_of.append(shingles)
    found = collections.defaultdict(list)  # (similarity, text of the other part) by text that is held out
    for text, (signature, shingles) in zip(known.texts, minhash.signed(known.texts), strict=True):
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
        group.texts, similarity, shingle_words=_SHINGLE_WORDS, max_texts=most
    ):
        text, other = group.texts[index], group.texts[earlier]
        here, places = group.places(text), group.places(other)
        shown, earlier_shown = differing(group.shown(text), group.shown(other))
        what = f"{alike:.2f} alike: {earlier_shown}"
        left_out = here if group.part.is_train else ()
        yield Finding("near_duplicates", group.part.name, what, here[0], shown, places + here[1:], left_out)
