"""How tags spell spans: BIO, BIOES and IOB1, from tags to spans and back, and which tag may follow which.

A tag is `O`, outside of every span, or a prefix, a hyphen and the span's label: `B-person`. B begins a span, I goes on,
E ends one, S is a span of one word.

* BIO (IOB2): every span begins with B.
* BIOES: besides, spans of several words end with E, and spans of one word are S.
* IOB1, of CoNLL-2003's files: spans begin with I; B only parts two spans of one label that touch.

Python and no array library: readers, metrics, layers and predictions share this file.
"""

from collections.abc import Sequence

OUTSIDE = "O"
_PREFIXES = {"BIO": "BI", "IOB1": "IB", "BIOES": "BIES"}
SCHEMES = tuple(_PREFIXES)

Span = tuple[int, int, str]  # first word, the one behind the last, label


def check_scheme(scheme: str):
    """Raises a ValueError where a scheme is none of `SCHEMES`."""
    if scheme not in _PREFIXES:
        raise ValueError(f"expected a tagging scheme out of {', '.join(SCHEMES)}, received {scheme!r}")


def split_tag(tag: str, scheme: str | None = None) -> tuple[str, str]:
    """Cuts a tag into prefix and label.

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
    allowed = "BIES" if scheme is None else _PREFIXES[scheme]
    if not hyphen or not label or len(prefix) != 1 or prefix not in allowed:
        spelled = ", ".join(f"{prefix}-label" for prefix in allowed)
        raise ValueError(f"tag {tag!r} is neither O nor {spelled}{f' of scheme {scheme}' if scheme else ''}")
    return prefix, label


def tag_names(labels: Sequence[str], scheme: str) -> tuple[str, ...]:
    """All tags of a scheme for some labels: `O`, then for each label in turn its prefixes.

    Example:
        >>> tag_names(["place", "person"], "BIO")
        ('O', 'B-place', 'I-place', 'B-person', 'I-person')
    """
    check_scheme(scheme)
    return (OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in _PREFIXES[scheme]))


def spans_to_tags(spans: Sequence[Span], num_words: int, scheme: str) -> list[str]:
    """Spells the spans of a sentence as tags.

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
    check_scheme(scheme)
    tags = [OUTSIDE] * num_words
    last_end, last_label = 0, None
    for start, end, label in sorted(spans):
        if not 0 <= start < end <= num_words:
            raise ValueError(f"span {(start, end, label)} does not lie in a sentence of {num_words} words")
        if start < last_end:
            raise ValueError(f"span {(start, end, label)} overlaps another; tags cannot spell that, spans can")
        inside = ["I"] * (end - start)
        if scheme == "BIO" or (scheme == "IOB1" and start == last_end and label == last_label):
            inside[0] = "B"
        elif scheme == "BIOES":
            inside[0], inside[-1] = ("B", "E") if end - start > 1 else ("S", "S")
        tags[start:end] = [f"{prefix}-{label}" for prefix in inside]
        last_end, last_label = end, label
    return tags


def tags_to_spans(tags: Sequence[str], scheme: str | None = None) -> list[Span]:
    """Reads the spans out of tags, also of wrong ones, which every model makes.

    Args:
        tags: The tags of a sentence.
        scheme: None reads as CoNLL's scorer and seqeval do, whatever the scheme: a span begins at B and S, behind O, E
            and S, and where the label changes. One of `SCHEMES` counts only spans that the scheme allows, as seqeval
            does with `mode="strict"`: an I without its B is none.

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
    if scheme is not None:
        check_scheme(scheme)
    parts = [split_tag(tag, scheme) for tag in tags]
    starts, continues, is_whole = _lenient_rules() if scheme is None else _strict_rules(scheme)
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
        return tag[0] in "BS" or previous[0] in "OES" or previous[1] != tag[1]

    return starts, lambda previous, tag: not starts(previous, tag), lambda last, following: True


def _strict_rules(scheme: str):
    def continues(previous, tag):
        return previous[0] in "BI" and tag[0] in ("IE" if scheme == "BIOES" else "I") and previous[1] == tag[1]

    if scheme == "IOB1":

        def starts(previous, tag):
            if tag[0] == "B":
                return previous[0] in "BI" and previous[1] == tag[1]
            return previous[0] in "OB" or previous[1] != tag[1]

        return (
            starts,
            continues,
            lambda last, following: (last[0], following[0]) != ("B", "B") or last[1] == following[1],
        )

    def is_whole(last, following):
        return scheme == "BIO" or last[0] in "ES"

    return lambda previous, tag: tag[0] in "BS", continues, is_whole


def may_follow(previous: str, tag: str, scheme: str) -> bool:
    """Whether a tag may stand behind another by the rules of a scheme.

    Args:
        previous: The tag before; `O` at the begin of a sentence.
        tag: The tag itself; `O` stands for the end of a sentence.
        scheme: One of `SCHEMES`.

    Example:
        >>> may_follow("O", "I-place", "BIO"), may_follow("O", "I-place", "IOB1"), may_follow("B-place", "O", "BIOES")
        (False, True, False)
    """
    (before, last_label), (prefix, label) = split_tag(previous, scheme), split_tag(tag, scheme)
    if scheme == "IOB1":
        return prefix != "B" or (before != OUTSIDE and last_label == label)
    if scheme == "BIOES" and (before in "BI") != (prefix in "IE"):
        return False
    return prefix not in "IE" or (before in "BI" and last_label == label)


def first_fault(tags: Sequence[str], scheme: str) -> tuple[int, str] | None:
    """Finds the first place where the tags of a sentence break the rules of their scheme.

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
            where = f"behind {previous}" if i else "at the begin of a sentence"
            return i, f"{tag} {where} breaks the rules of scheme {scheme}"
        previous = tag
    if tags and not may_follow(previous, OUTSIDE, scheme):
        return len(tags) - 1, f"{previous} at the end of a sentence breaks the rules of scheme {scheme}"
    return None


def convert_tags(tags: Sequence[str], to_scheme: str, from_scheme: str | None = None) -> list[str]:
    """Spells the spans of tags in another scheme.

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
        tag i; the last row is the begin of a sentence, the last column its end.

    Example:
        >>> transition_table(["O", "B-a", "I-a"], "BIO")[-1]
        [True, True, False, True]
    """
    rows = [*names, OUTSIDE]
    return [[may_follow(previous, tag, scheme) for tag in rows] for previous in rows]
