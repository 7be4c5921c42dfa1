import random
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.tagging_schemes import (
    ALIASES,
    MEANINGS,
    SCHEMES,
    convert_tags,
    first_fault,
    is_tag,
    may_follow,
    spans_to_tags,
    split_tag,
    tag_names,
    tags_to_spans,
)


def random_tags(chosen, scheme, num_words):
    return chosen.choices(tag_names("ab", scheme), k=num_words)


@st.composite
def spans_of_a_sentence(draw):
    """The number of a sentence's words, and spans that do not overlap."""
    spans, start = [], 0
    for length, label in draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["", "a", "b", "a-B"])))):
        spans += [(start, start + length, label)] * bool(label)
        start += length
    return start, spans


@pytest.mark.parametrize("scheme", [*SCHEMES, *ALIASES])
@given(sentence=spans_of_a_sentence())
def test_spans_survive_every_scheme(scheme, sentence):
    num_words, spans = sentence
    tags = spans_to_tags(spans, num_words, scheme)
    assert first_fault(tags, scheme) is None and all(map(is_tag, tags))
    assert set(tags) <= set(tag_names(["a", "b", "a-B"], scheme))
    assert tags_to_spans(tags) == tags_to_spans(tags, scheme) == spans
    for other in SCHEMES:
        assert convert_tags(convert_tags(tags, other, scheme), scheme, other) == tags


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("BIO", "B I I O B B"),
        ("IOB2", "B I I O B B"),
        ("BIOES", "B I E O S S"),
        ("BILOU", "B I L O U U"),
        ("BMES", "B M E O S S"),
        ("BMESO", "B M E O S S"),
        ("IOE2", "I I E O E E"),
        ("IOB1", "I I I O I B"),
    ],
)
def test_each_scheme_spells_words_by_their_place_in_the_span(scheme, tags):
    expected = [prefix if prefix == "O" else f"{prefix}-a" for prefix in tags.split()]
    assert spans_to_tags([(0, 3, "a"), (4, 5, "a"), (5, 6, "a")], 6, scheme) == expected


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tags_without_fault_are_those_that_some_spans_spell(scheme):
    chosen = random.Random(1)
    for _ in range(500):
        tags = random_tags(chosen, scheme, chosen.randint(1, 5))
        spelled = spans_to_tags(tags_to_spans(tags), len(tags), scheme)
        assert (first_fault(tags, scheme) is None) == (spelled == tags), tags


@pytest.mark.parametrize(
    ("tags", "scheme", "fault"),
    [
        (["O", "I-a"], "BIO", (1, "I-a behind O breaks")),
        (["I-a"], "BIO", (0, "I-a at the beginning of a sentence breaks")),
        (["B-a", "I-b"], "BIO", (1, "I-b behind B-a breaks")),
        (["B-a"], "BIOES", (0, "B-a at the end of a sentence breaks")),
        (["B-a", "O"], "BIOES", (1, "O behind B-a breaks")),
        (["O", "B-a"], "IOB1", (1, "B-a behind O breaks")),
        (["B-a", "E-a", "M-a"], "BMES", (2, "M-a behind E-a breaks")),
        (["U-a", "L-a"], "BILOU", (1, "L-a behind U-a breaks")),
        (["I-a", "I-b", "E-b"], "IOE2", (1, "I-b behind I-a breaks")),
        (["S-a"], "BILOU", (0, "tag 'S-a' is neither O nor B-label, I-label, L-label, U-label of scheme BILOU")),
        (["E-a"], "BIO", (0, "tag 'E-a' is neither O nor B-label, I-label of scheme BIO")),
        (["person"], "BIO", (0, "tag 'person' is neither O nor")),
    ],
)
def test_the_first_fault_is_named(tags, scheme, fault):
    place, message = first_fault(tags, scheme)
    assert place == fault[0] and message.startswith(fault[1])


def test_spans_that_tags_cannot_spell_are_refused():
    with pytest.raises(ValueError, match="overlaps another"):
        spans_to_tags([(0, 3, "a"), (1, 2, "b")], 4, "BIO")
    with pytest.raises(ValueError, match="sentence of 4 words"):
        spans_to_tags([(3, 5, "a")], 4, "BIO")
    with pytest.raises(ValueError, match="BIO, IOB1, BIOES, BILOU, BMES, IOE2, IOB2, .*, received 'BILU'"):
        spans_to_tags([], 4, "BILU")


@pytest.mark.parametrize("tag", ["", "B", "B-", "-a", "BI-a", "X-a", "b-a", "O-a"])
def test_what_is_no_tag_is_refused(tag):
    assert not is_tag(tag)
    with pytest.raises(ValueError, match="neither O nor"):
        split_tag(tag)


def test_any_tag_may_follow_what_a_scheme_leaves_open():
    assert [tag for tag in tag_names("ab", "BIOES") if may_follow("I-a", tag, "BIOES")] == ["I-a", "E-a"]
    assert [tag for tag in tag_names("ab", "BIO") if may_follow("I-a", tag, "BIO")] == ["O", "B-a", "I-a", "B-b"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "theirs"),
    [("BIO", "IOB2"), ("IOB1", "IOB1"), ("BIOES", "IOBES"), ("BILOU", "BILOU"), ("IOE2", "IOE2")],
)
def test_reads_the_spans_that_seqeval_reads(scheme, theirs):
    seqeval_scheme = pytest.importorskip("seqeval.scheme")
    from seqeval.metrics.sequence_labeling import get_entities

    chosen = random.Random(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(5000):
            tags = random_tags(chosen, scheme, chosen.randint(1, 9))
            known = [MEANINGS[tag[0]] + tag[1:] for tag in tags]  # its lenient reading knows no L and no U
            assert tags_to_spans(tags) == [(start, end + 1, label) for label, start, end in get_entities(known)]
            strict = seqeval_scheme.Tokens(tags, getattr(seqeval_scheme, theirs)).entities
            assert tags_to_spans(tags, scheme) == [(entity.start, entity.end, entity.tag) for entity in strict], tags
