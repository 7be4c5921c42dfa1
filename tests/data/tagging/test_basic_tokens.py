import json
import logging
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.tagging.basic_tokens import basic_tokens, learned_tokens
from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.tagged_sentences import TaggedSentences, sentences_of_texts
from bert_keras.tagging_schemes import SCHEMES, first_fault, spans_to_tags, tags_to_spans

NAMES = "government O\nof O\nthe O\nU.K. B-loc\nSmith-Carter B-per\n"


@pytest.fixture
def read(tmp_path):
    def read(text, suffix=".conll", **options):
        (tmp_path / f"train{suffix}").write_text(text, encoding="utf-8")
        return read_tagged_sentences(tmp_path / f"train{suffix}", **options)

    return read


def conllu(*words):
    """A sentence of CoNLL-U: (form, tag) each; a form that ends in + has no space behind it."""
    rows = [
        f"{i + 1}\t{form.rstrip('+')}\t_\t{tag}\t_\t_\t_\t_\t_\t{'SpaceAfter=No' if form.endswith('+') else '_'}\n"
        for i, (form, tag) in enumerate(words)
    ]
    return "".join(rows) + "\n"


def test_a_word_with_punctuation_inside_becomes_tokens_that_spell_its_span(read):
    tokens = basic_tokens(read(NAMES))
    assert tokens.sentences.words[0] == ("government", "of", "the", "U", ".", "K", ".", "Smith", "-", "Carter")
    assert tokens.sentences.tags[0][3:] == ("B-loc", "I-loc", "I-loc", "I-loc", "B-per", "I-per", "I-per")
    assert tokens.sentences.words == sentences_of_texts(tokens.sentences.texts).words
    assert tokens.sentences.offsets == sentences_of_texts(tokens.sentences.texts).offsets
    assert tokens.first_tokens == ((0, 1, 2, 3, 7),) and not tokens.hidden_words


@pytest.mark.parametrize(
    ("scheme", "word", "spelled"),
    [
        ("BIOES", "S", "B I I E"),
        ("BILOU", "U", "B I I L"),
        ("BMES", "S", "B M M E"),
        ("IOB1", "I", "I I I I"),
        ("IOE2", "E", "I I I E"),
    ],
)
def test_every_scheme_spells_the_tokens_anew(read, scheme, word, spelled):
    sentences = read(f"U.K. {word}-loc\nis O\n", scheme=scheme)
    tokens = basic_tokens(sentences)
    tags = tokens.sentences.tags[0]
    assert [tag[0] for tag in tags] == [*spelled.split(), "O"]
    assert first_fault(tags, scheme) is None and set(tags) <= set(sentences.tag_names)
    assert tokens.tags_of_words([tags], scheme, "O") == [list(sentences.tags[0])]


def test_a_span_that_begins_or_ends_inside_a_word_is_none_of_the_file(read):
    tokens = basic_tokens(read(NAMES))  # 3 to 7 is U.K., 7 to 10 Smith-Carter
    spans = [(3, 4, "loc"), (4, 7, "loc"), (2, 7, "loc"), (3, 10, "per"), (7, 9, "per"), (7, 10, "per")]
    assert tokens.spans_of_words([spans]) == [[(2, 4, "loc"), (3, 5, "per"), (4, 5, "per")]]
    tags = ["O", "O", "O", "B-loc", "O", "O", "O", "B-per", "I-per", "I-per"]
    assert tokens.tags_of_words([tags], "BIO", "O") == [["O", "O", "O", "O", "B-per"]]


def test_tags_that_spell_no_spans_go_to_every_token_of_their_word(read):
    tokens = basic_tokens(read("U.K. PROPN\nruns VERB\n", scheme=None))
    assert tokens.sentences.tags == (("PROPN",) * 4 + ("VERB",),)
    assert tokens.tags_of_words([["PROPN", "X", "X", "X", "VERB"]], None, "X") == [["PROPN", "VERB"]]


def test_chinese_words_of_several_characters_become_characters(read):
    tokens = basic_tokens(read("我 O\n北京大学 B-org\niPhone手机 B-thing\n"))
    assert tokens.sentences.words[0] == ("我", "北", "京", "大", "学", "iPhone", "手", "机")
    assert [tag[0] for tag in tokens.sentences.tags[0]] == list("OBIIIBII")
    assert tokens.spans_of_words([[(1, 5, "org"), (5, 8, "thing")]]) == [[(1, 2, "org"), (2, 3, "thing")]]


def test_a_token_belongs_to_the_word_in_which_it_begins(read):
    # Tokens of raw text: don ' t can not
    sentences = read(conllu(("do+", "AUX"), ("n't", "PART"), ("can", "AUX"), ("not", "PART")), ".conllu", scheme=None)
    tokens = basic_tokens(sentences)
    assert tokens.sentences.words[0] == ("don", "'", "t", "can", "not")
    assert tokens.sentences.tags[0] == ("AUX", "PART", "PART", "AUX", "PART")
    assert tokens.first_tokens == ((0, 1, 3, 4),) and not tokens.hidden_words


def test_words_that_raw_text_hides_are_counted_and_said(read, caplog):
    sentences = read(conllu(("can+", "AUX"), ("not", "PART"), ("go", "VERB")), ".conllu", scheme=None)
    tokens = basic_tokens(sentences)
    assert tokens.sentences.words[0] == ("cannot", "go") and tokens.sentences.tags[0] == ("AUX", "VERB")
    assert tokens.hidden_words == ((0, 1),)
    assert tokens.tags_of_words(tokens.sentences.tags, None, "X") == [["AUX", "AUX", "VERB"]]
    with caplog.at_level(logging.WARNING):
        assert learned_tokens(sentences, "basic") == tokens
    assert "1 of 3 words begin inside a token of raw text, the first: 'not' in 'cannot go'" in caplog.text
    caplog.clear()
    assert learned_tokens(sentences, "file") is None and not caplog.text
    with pytest.raises(ValueError, match="one of basic, file, received 'given'"):
        learned_tokens(sentences, "given")


def test_words_of_a_range_share_their_token(read):
    text = "1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n" + conllu(("de", "ADP"), ("le", "DET"), ("lait", "NOUN"))
    tokens = basic_tokens(read(text, ".conllu", scheme=None))
    assert tokens.sentences.words[0] == ("du", "lait") and tokens.sentences.tags[0] == ("ADP", "NOUN")
    assert tokens.hidden_words == ((0, 1),)


def test_characters_that_nobody_sees_have_no_token_and_a_default(read):
    tokens = basic_tokens(read("\u200b O\nAda B-per\n\u200b I-per\nBo I-per\n\u200b O\n"))
    assert tokens.sentences.words[0] == ("Ada", "Bo") and tokens.sentences.tags[0] == ("B-per", "I-per")
    assert tokens.spans_of_words([[(0, 2, "per")]]) == [[(1, 4, "per")]]
    assert tokens.tags_of_words([["B-per", "I-per"]], None, "O") == [["O", "B-per", "O", "I-per", "O"]]
    nothing = basic_tokens(read("\u200b O\n"))
    assert nothing.tags_of_words([[]], "BIO", "O") == nothing.tags_of_words([[]], None, "O") == [["O"]]


def test_nested_spans_of_jsonl_are_their_own(read):
    row = {"text": "Bank of St. Mary's", "spans": [[0, 18, "org"], [8, 18, "per"]]}
    sentences = read(json.dumps(row) + "\n", ".jsonl", scheme=None)
    tokens = basic_tokens(sentences)
    assert tokens.sentences == sentences
    assert tokens.spans_of_words(sentences.spans) == [list(sentences.spans[0])]


def test_tags_of_spans_without_a_scheme_are_refused_where_they_would_have_to_be_spelled(read):
    with pytest.raises(ValueError, match=r"'U.K.' is several tokens .* tag 'B-loc': read .* \(--scheme BIO\)"):
        basic_tokens(read(NAMES, scheme=None))
    assert basic_tokens(read("U.K. O\nLyon B-loc\n", scheme=None)).sentences.tags[0][:4] == ("O",) * 4


def test_text_outside_of_its_words_is_refused():
    with pytest.raises(ValueError, match="'met' lies outside of the words of 'Ada met Bo'"):
        basic_tokens(TaggedSentences((("Ada", "Bo"),), ("Ada met Bo",), (((0, 3), (8, 10)),)))


@st.composite
def tagged_words(draw):
    """Words that begin and end with a token's border, as those parted by spaces do, their spans, and a scheme."""
    words = draw(st.lists(st.text("aB.-'京", min_size=1, max_size=5), min_size=1, max_size=8))
    edges = sorted(draw(st.sets(st.integers(0, len(words)))))
    spans = [(a, b, draw(st.sampled_from("xy"))) for a, b in pairwise(edges) if draw(st.booleans())]
    return words, spans, draw(st.sampled_from(SCHEMES))


@given(tagged_words())
def test_spans_and_tags_survive_the_way_to_tokens_and_back(sentence):
    words, spans, scheme = sentence
    ends = [sum(map(len, words[: i + 1])) + i for i in range(len(words))]
    offsets = tuple((end - len(word), end) for word, end in zip(words, ends, strict=True))
    tags = tuple(spans_to_tags(spans, len(words), scheme))
    sentences = TaggedSentences(
        (tuple(words),), (" ".join(words),), (offsets,), (tags,), (tuple(spans),), scheme=scheme
    )
    tokens = basic_tokens(sentences)
    assert not tokens.hidden_words
    assert tokens.sentences.words == sentences_of_texts(sentences.texts).words
    assert tags_to_spans(tokens.sentences.tags[0], scheme) == list(tokens.sentences.spans[0])
    assert tokens.spans_of_words(tokens.sentences.spans) == [spans]
    assert tokens.tags_of_words(tokens.sentences.tags, scheme, "O") == [list(tags)]
    characters = [(offsets[first][0], offsets[behind - 1][1], label) for first, behind, label in spans]
    places = tokens.sentences.offsets[0]
    found = [(places[first][0], places[behind - 1][1], label) for first, behind, label in tokens.sentences.spans[0]]
    assert found == characters  # edges of spans are the same characters: scores of tokens are those of words


def test_spans_of_words_are_found_in_time_that_grows_with_their_number():
    num_words = 20_000
    text = " ".join(["U.K."] * num_words)
    offsets = tuple((5 * i, 5 * i + 4) for i in range(num_words))
    tokens = basic_tokens(TaggedSentences((("U.K.",) * num_words,), (text,), (offsets,)))
    (found,) = tokens.spans_of_words([[(4 * i, 4 * i + 4, "place") for i in range(num_words)] + [(1, 2, "none")]])
    assert found == [(i, i + 1, "place") for i in range(num_words)]
