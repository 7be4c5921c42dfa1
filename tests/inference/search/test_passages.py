import hypothesis.strategies as st
import pytest
from hypothesis import given

from bert_keras.inference.search import cut_passages, passages_of
from bert_keras.inference.search.words import word_ends

pytestmark = pytest.mark.slow_elsewhere

TEXT = "Ada was born in 1815. She wrote. It ran!\n\nNobody knew it then. 她住在北京。她写书。"


def pieces(text, **options):
    return [text[start:end] for start, end in cut_passages(text, **options)]


def test_sentences_stay_whole_and_overlap():
    assert pieces(TEXT, num_words=9, overlap=4) == [
        "Ada was born in 1815. She wrote. It ran!",
        "She wrote. It ran!\n\nNobody knew it then.",
        "Nobody knew it then. 她住在北京。",
        "她写书。",
    ]


def test_without_overlap_nothing_is_there_twice():
    assert pieces(TEXT, num_words=5, overlap=0) == [
        "Ada was born in 1815.",
        "She wrote. It ran!",
        "Nobody knew it then.",
        "她住在北京。",
        "她写书。",
    ]


def test_a_long_sentence_is_cut_between_words():
    assert pieces("one two three four five", num_words=2, overlap=0) == ["one two", "three four", "five"]
    assert pieces("北京是首都", num_words=2, overlap=1) == ["北京", "是首", "都"]


def test_an_empty_text_has_no_passage():
    assert pieces(" \n ") == []


@pytest.mark.parametrize("overlap, num_words", [(3, 3), (-1, 3), (0, 0)])
def test_an_overlap_that_would_never_end_is_refused(overlap, num_words):
    with pytest.raises(ValueError, match="0 <= overlap < num_words"):
        cut_passages("a", num_words=num_words, overlap=overlap)


@given(st.text("ab. \n北。A", max_size=60), st.integers(1, 8), st.integers(0, 7))
def test_all_is_in_a_passage_and_each_is_short_enough(text, num_words, overlap):
    places = cut_passages(text, num_words=num_words, overlap=min(overlap, num_words - 1))
    covered = [False] * len(text)
    for start, end in places:
        covered[start:end] = [True] * (end - start)
        assert text[start:end] == text[start:end].strip() != ""
        assert len(word_ends(text[start:end])) <= num_words
    assert all(covered[i] or text[i].isspace() for i in range(len(text)))
    assert places == sorted(set(places)) and all(a[1] < b[1] for a, b in zip(places, places[1:]))


def test_passages_know_their_place_in_their_document():
    document = {"id": "d", "text": TEXT, "year": 3}
    for number, one in enumerate(passages_of([document], num_words=9, overlap=4)):
        assert one.id == f"d#{number}" and one.further["document"] == "d" and one.further["year"] == 3
        assert TEXT[one.further["start"] : one.further["end"]] == one.text
