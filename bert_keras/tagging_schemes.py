"""How tags spell spans: BIO, BIOES, BILOU, BMES, IOB1, IOE2, from tags to spans and back, and what may follow what.

A tag is `O`, outside of every span, or a prefix, a hyphen and the span's label: `B-person`.

* BIO, also called IOB2: every span begins with B and continues with I.
* BIOES, also called IOBES: besides, spans of several words end with E, and spans of one word are S.
* BILOU, also called BIOUL: the same, with L for last and U for unit.
* BMES, also called BMESO, of Chinese files: the same as BIOES, with M for middle.
* IOE2: spans continue with I and end with E.
* IOB1, of CoNLL-2003's files: spans begin with I; B only parts two spans of one label that touch.

Python and no array library: readers, metrics, layers and predictions share this file.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

OUTSIDE = "O"
SUBJECT, OBJECT = range(2)  # the labels of the entities in triples, as data numbers and models score them


class _Spelling(NamedTuple):
    """The prefixes of a span's first word, of those between, of its last one, and of its only one."""

    first: str
    between: str
    last: str
    only: str

    def allowed(self) -> str:
        return "".join(dict.fromkeys("".join(self)))


_SPELLINGS = {
    "BIO": _Spelling("B", "I", "I", "B"),
    "IOB1": _Spelling("I", "I", "I", "I"),  # and B where it touches one before of its label
    "BIOES": _Spelling("B", "I", "E", "S"),
    "BILOU": _Spelling("B", "I", "L", "U"),
    "BMES": _Spelling("B", "M", "E", "S"),
    "IOE2": _Spelling("I", "I", "E", "E"),
}
_PREFIXES = {name: spelling.allowed() for name, spelling in _SPELLINGS.items()} | {"IOB1": "IB"}
SCHEMES = tuple(_SPELLINGS)
# Other names in use.
ALIASES = {"IOB2": "BIO", "IOB": "BIO", "IOBES": "BIOES", "BIOUL": "BILOU", "BILUO": "BILOU", "BMESO": "BMES"}
# What each prefix says in words of BIOES, whatever the scheme: how a tag of an unknown scheme is read.
MEANINGS = {"O": "O", "B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S"}

# What a tagger learned tags of: the basic tokens of raw text, or the words as a file cuts them.
WORDS = ("basic", "file")

Span = tuple[int, int, str]  # first word, the one behind the last, label


def check_scheme(scheme: str) -> str:
    """Give the scheme its name in `SCHEMES`; raise a ValueError where it is neither of those nor of `ALIASES`."""
    name = ALIASES.get(scheme, scheme)
    if name not in _SPELLINGS:
        known = ", ".join([*SCHEMES, *ALIASES])
        raise ValueError(f"expected a tagging scheme out of {known}, received {scheme!r}")
    return name


def check_words(words: str) -> str:
    """Give back what is one of `WORDS`; raise a ValueError for anything else."""
    if words not in WORDS:
        raise ValueError(f"expected words to be one of {', '.join(WORDS)}, received {words!r}")
    return words


def split_tag(tag: str, scheme: str | None = None) -> tuple[str, str]:
    """Cut a tag into prefix and label.

    Args:
        tag: E.g. `B-person`; a label may have hyphens itself, `B-creative-work`.
        scheme: One of `SCHEMES`, whose prefixes alone are allowed; None for those of all.

    Raises:
        ValueError: If the tag is not spelled so.

    Example:
        >>> split_tag("B-creative-work"), split_tag("O")
        (('B', 'creative-work'), ('O', ''))
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, hyphen, label = tag.partition("-")
    allowed = "BIESMLU" if scheme is None else _PREFIXES[check_scheme(scheme)]
    if not hyphen or not label or len(prefix) != 1 or prefix not in allowed:
        spelled = ", ".join(f"{prefix}-label" for prefix in allowed)
        raise ValueError(f"tag {tag!r} is neither O nor {spelled}{f' of scheme {scheme}' if scheme else ''}")
    return prefix, label


def is_tag(tag: str) -> bool:
    """Whether something is spelled as a tag of any scheme.

    Example:
        >>> is_tag("U-person"), is_tag("NOUN")
        (True, False)
    """
    prefix, hyphen, label = tag.partition("-")
    return tag == OUTSIDE or (prefix != OUTSIDE and prefix in MEANINGS and bool(hyphen and label))


def plain_spelling(tags: Iterable[str], label: str) -> dict[str, str]:
    """How tags are spelled here that a whole file spells otherwise: without a label, `B`, or behind it, `person-B`.

    Args:
        tags: All tags of the file.
        label: The label of those that have none.

    Returns:
        {tag: the same with its prefix in front}; empty if the tags are others.

    Example:
        >>> plain_spelling(["O", "B", "I"], "gene")
        {'B': 'B-gene', 'I': 'I-gene'}
        >>> plain_spelling(["person-B", "O"], "entity"), plain_spelling(["B-person", "B"], "entity")
        ({'person-B': 'B-person'}, {})
    """
    tags = [tag for tag in dict.fromkeys(tags) if tag != OUTSIDE]
    if all(tag in MEANINGS for tag in tags):
        return {tag: f"{tag}-{label}" for tag in tags}
    turned = {tag: f"{tag[-1]}-{tag[:-2]}" for tag in tags if len(tag) > 2 and tag[-2] == "-" and tag[-1] in MEANINGS}
    is_plain = len(turned) == len(tags) and all(map(is_tag, turned.values())) and not all(map(is_tag, tags))
    return turned if is_plain else {}


def tag_names(labels: Sequence[str], scheme: str) -> tuple[str, ...]:
    """All tags of a scheme for some labels: `O`, then for each label in turn its prefixes.

    Example:
        >>> tag_names(["place", "person"], "BIO")
        ('O', 'B-place', 'I-place', 'B-person', 'I-person')
    """
    prefixes = _PREFIXES[check_scheme(scheme)]
    return (OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in prefixes))


def spans_to_tags(spans: Sequence[Span], num_words: int, scheme: str) -> list[str]:
    """Spell the spans of a sentence as tags.

    Args:
        spans: (first word, the one behind the last, label) each, in any order.
        num_words: Words of the sentence.
        scheme: One of `SCHEMES`.

    Raises:
        ValueError: If spans overlap or lie outside of the sentence: tags cannot say that.

    Example:
        >>> spans_to_tags([(0, 2, "place"), (2, 3, "place")], 4, "BIO")
        ['B-place', 'I-place', 'B-place', 'O']
        >>> spans_to_tags([(0, 2, "place"), (2, 3, "place")], 4, "IOB1")
        ['I-place', 'I-place', 'B-place', 'O']
        >>> spans_to_tags([(0, 2, "place"), (2, 3, "place")], 4, "BIOES")
        ['B-place', 'E-place', 'S-place', 'O']
    """
    scheme = check_scheme(scheme)
    spelling = _SPELLINGS[scheme]
    tags = [OUTSIDE] * num_words
    last_end, last_label = 0, None
    for start, end, label in sorted(spans):
        if not 0 <= start < end <= num_words:
            raise ValueError(f"span {(start, end, label)} does not lie in a sentence of {num_words} words")
        if start < last_end:
            raise ValueError(f"span {(start, end, label)} overlaps another; tags cannot spell that, spans can")
        several = end - start > 1
        prefixes = (
            [spelling.first, *spelling.between * (end - start - 2), spelling.last] if several else [spelling.only]
        )
        if scheme == "IOB1" and start == last_end and label == last_label:
            prefixes[0] = "B"
        tags[start:end] = [f"{prefix}-{label}" for prefix in prefixes]
        last_end, last_label = end, label
    return tags


def tags_to_spans(tags: Sequence[str], scheme: str | None = None) -> list[Span]:
    """Read the spans out of tags, also of wrong ones, which every model makes.

    Args:
        tags: The tags of a sentence.
        scheme: None reads as CoNLL's scorer and seqeval do, whatever the scheme: a span begins at B and S (U), behind
            O, E (L) and S, and where the label changes. One of `SCHEMES` counts only spans that the scheme allows, as
            seqeval does with `mode="strict"`: an I without its B is none.

    Returns:
        (first word, the one behind the last, label) each, from left to right.

    Raises:
        ValueError: If a tag is not spelled as a tag, or not as one of the scheme.

    Example:
        >>> tags_to_spans(["I-place", "I-place", "O", "B-person"])
        [(0, 2, 'place'), (3, 4, 'person')]
        >>> tags_to_spans(["I-place", "I-place", "O", "B-person"], "BIO")
        [(3, 4, 'person')]

    Reference:
        conlleval of https://www.clips.uantwerpen.be/conll2000/chunking/output.html
    """
    parts = [split_tag(tag, scheme) for tag in tags]
    starts, continues, is_whole = _lenient_rules() if scheme is None else _strict_rules(check_scheme(scheme))
    spans, i = [], 0
    while i < len(parts):
        if parts[i][0] == OUTSIDE or not starts(parts[i - 1] if i else (OUTSIDE, ""), parts[i]):
            i += 1
            continue
        end = i + 1
        while end < len(parts) and parts[end][0] != OUTSIDE and continues(parts[end - 1], parts[end]):
            end += 1
        if is_whole(parts[end - 1], parts[end] if end < len(parts) else (OUTSIDE, "")):
            spans.append((i, end, parts[i][1]))
        i = end
    return spans


def _lenient_rules():
    def starts(previous, tag):
        return MEANINGS[tag[0]] in "BS" or MEANINGS[previous[0]] in "OES" or previous[1] != tag[1]

    return starts, lambda previous, tag: not starts(previous, tag), lambda last, following: True


def _strict_rules(scheme: str):
    if scheme == "IOB1":

        def starts(previous, tag):
            if tag[0] == "B":
                return previous[0] in "BI" and previous[1] == tag[1]
            return previous[0] in "OB" or previous[1] != tag[1]

        return (
            starts,
            lambda previous, tag: tag[0] == "I" and previous[1] == tag[1],
            lambda last, following: (last[0], following[0]) != ("B", "B") or last[1] == following[1],
        )

    spelling = _SPELLINGS[scheme]

    def starts(previous, tag):
        return tag[0] in (spelling.first, spelling.only)

    return starts, lambda previous, tag: _goes_on(previous, tag, spelling), lambda last, _: _may_end(last, spelling)


def _goes_on(previous: tuple[str, str], tag: tuple[str, str], spelling: _Spelling) -> bool:
    """Whether a tag may be of the same span as the one before."""
    is_open, is_further = previous[0] in (spelling.first, spelling.between), tag[0] in (spelling.between, spelling.last)
    return is_open and is_further and previous[1] == tag[1]


def _may_end(tag: tuple[str, str], spelling: _Spelling) -> bool:
    return tag[0] in (OUTSIDE, spelling.last, spelling.only)


def may_follow(previous: str, tag: str, scheme: str) -> bool:
    """Whether a tag may stand behind another by the rules of a scheme.

    Args:
        previous: The tag before; `O` at the beginning of a sentence.
        tag: The tag itself; `O` stands for the end of a sentence.
        scheme: One of `SCHEMES`.

    Example:
        >>> may_follow("O", "I-place", "BIO"), may_follow("O", "I-place", "IOB1"), may_follow("B-place", "O", "BIOES")
        (False, True, False)
    """
    before, this = split_tag(previous, scheme), split_tag(tag, scheme)
    scheme = check_scheme(scheme)
    if scheme == "IOB1":
        return this[0] != "B" or (before[0] != OUTSIDE and before[1] == this[1])
    spelling = _SPELLINGS[scheme]
    is_new = this[0] in (OUTSIDE, spelling.first, spelling.only)
    return (_may_end(before, spelling) and is_new) or _goes_on(before, this, spelling)


def first_fault(tags: Sequence[str], scheme: str) -> tuple[int, str] | None:
    """Find the first place where the tags of a sentence break the rules of their scheme.

    Returns:
        The number of the word, and what is wrong there; None if all is well.

    Example:
        >>> first_fault(["O", "I-place"], "BIO")
        (1, 'I-place behind O breaks the rules of scheme BIO')
    """
    previous = OUTSIDE
    for i, tag in enumerate(tags):
        try:
            is_allowed = may_follow(previous, tag, scheme)
        except ValueError as error:
            return i, str(error)
        if not is_allowed:
            where = f"behind {previous}" if i else "at the beginning of a sentence"
            return i, f"{tag} {where} breaks the rules of scheme {scheme}"
        previous = tag
    if tags and not may_follow(previous, OUTSIDE, scheme):
        return len(tags) - 1, f"{previous} at the end of a sentence breaks the rules of scheme {scheme}"
    return None


def convert_tags(tags: Sequence[str], to_scheme: str, from_scheme: str | None = None) -> list[str]:
    """Spell the spans of tags in another scheme.

    Args:
        tags: The tags of a sentence.
        to_scheme: One of `SCHEMES`.
        from_scheme: As in `tags_to_spans`.

    Example:
        >>> convert_tags(["I-place", "I-place", "B-place"], "BIOES", "IOB1")
        ['B-place', 'E-place', 'S-place']
    """
    return spans_to_tags(tags_to_spans(tags, from_scheme), len(tags), to_scheme)


def transition_table(names: Sequence[str], scheme: str) -> list[list[bool]]:
    """Which tag may stand behind which, by their numbers, for a CRF to obey.

    Returns:
        A square of one row and one column more than there are tags: `table[i][j]` says whether tag j may stand behind
        tag i; the last row is the beginning of a sentence, the last column its end.

    Example:
        >>> transition_table(["O", "B-a", "I-a"], "BIO")[-1]
        [True, True, False, True]
    """
    rows = [*names, OUTSIDE]
    return [[may_follow(previous, tag, scheme) for tag in rows] for previous in rows]
