import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bert_keras.data.files.damaged_characters import damaged_characters
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.scripts import find_other_languages, find_other_scripts
from bert_keras.data.quality.text_faults import find_text_faults


def checks(*texts):
    part = CheckedPart("train", tuple(zip(texts)), tuple(f"t:{n}" for n in range(len(texts))), texts)
    return [[one.check for one in find_text_faults([part]) if one.place == f"t:{n}"] for n in range(len(texts))]


@given(
    st.text(
        st.characters(codec="utf-8", min_codepoint=0xA1, max_codepoint=0xFFFC, categories=["L", "N", "P"]), min_size=2
    )
)
def test_what_was_read_in_a_wrong_encoding_is_found_with_what_it_was(text):
    assume(damaged_characters(text) is None)  # or it was damaged before, and that is mended, too
    damaged = text.encode().decode("latin-1")
    found = damaged_characters(damaged)
    assert found is not None and (found[1] in text or not found[1])


def test_what_was_damaged_twice_is_found_with_what_it_was_at_first():
    assert damaged_characters("Ã¡".encode().decode("latin-1")) == ("Ã\x83Â¡", "á")


@pytest.mark.parametrize("text", [
    "naïve café crème brûlée", "«LIBERTÉ» Ñandú", "ÅÄÖ åäö ß", "Привет, мир", "今天天气很好。",
    "100 € – 20 £ ‘so’", "São João ÃO", "‚Ärger‘ „Äpfel“", "√2 ≈ 1.41",
])  # fmt: skip
def test_letters_with_accents_are_not_damaged(text):
    assert damaged_characters(text) is None


def test_damage_agrees_with_ftfy():
    ftfy = pytest.importorskip("ftfy")
    texts = ["cafÃ©", "Stalloneâ€™s", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "café", "good", "Â£5", "«LIBERTÉ»", "ä½\xa0å¥½", "naïve – “so”"]
    texts += ["the President‚Äôs message", "‚ÄėGlee‚Äô star", "viel ‚Ärger‘ und „Äpfel“", "√2 ≈ 1.41"]
    assert [damaged_characters(text) is not None for text in texts] == [ftfy.is_bad(text) for text in texts]


def test_each_fault_of_a_text_is_told_once_and_a_sound_one_not_at_all():
    assert checks(
        "a cafÃ©", "so<br />good", "AT&amp;T", "zero\u200bwidth", "bell\x07", "N/A", "...", "test", "[deleted]",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit", "a < b and c > d", "R&D; x", "test of courage",
        "👩\u200d🔬 works", "می\u200cخواهم", "I gave it 5/5 -- so good", "C:\\new", "x",
    ) == [
        ["damaged_characters"], ["markup"], ["markup"], ["control_characters"], ["control_characters"],
        ["placeholders"], ["placeholders"], ["placeholders"], ["placeholders"], ["placeholders"], [], [], [],
        [], [], [], [], [],
    ]  # fmt: skip


def found_scripts(*texts):
    part = CheckedPart("train", tuple(zip(texts)), tuple(f"t:{n}" for n in range(len(texts))), texts)
    return [(one.place, one.what.split(";")[0]) for one in find_other_scripts([part])]


def test_a_text_in_another_script_than_most_is_found():
    assert found_scripts(*["good"] * 8, "всё хорошо", "π r", "好", "42") == [
        ("t:8", "in cyrillic letters"), ("t:10", "in han letters")
    ]  # fmt: skip


def test_data_of_two_scripts_has_no_exception():
    assert found_scripts(*["good"] * 3, *["отлично"] * 2) == []


def test_a_letter_that_looks_like_another_is_found():
    assert found_scripts("good", "a pаypаl account") == [("t:1", "the word 'pаypаl' has letters of cyrillic and latin")]


def test_kana_beside_han_and_addresses_are_no_other_script():
    assert found_scripts(*["今日は良い"] * 8, "カタカナ", "看 http://example.com/a/very/long/address") == []


def test_a_text_in_another_language_is_found_where_it_is_long_enough():
    pytest.importorskip("py3langid")
    english = "This is a film that I would gladly see once more."
    texts = (english, "Das ist ein Film, den ich gern noch einmal sehen würde.", "sehr gut")
    part = CheckedPart("train", tuple(zip(texts)), ("t:0", "t:1", "t:2"), texts)
    assert [one.place for one in find_other_languages([part], ["en"])] == ["t:1"]
    with pytest.raises(ValueError, match="there is no language 'english'; there are"):
        list(find_other_languages([part], ["english"]))


def test_several_tags_are_counted_apart_and_comparisons_are_none():
    part = CheckedPart("train", (("<b>a</b> <b>b</i>",), ("a<b and c>d",)), ("1", "2"), ("", ""))
    found = [(one.check, one.what) for one in find_text_faults([part])]
    assert found == [("markup", "2 of '<b>', 1 of '</b>', 1 of '</i>'")]


@pytest.mark.parametrize("text, before", [
    ("Ä°stanbul", "İ"), ("RÄ«ga", "ī"), ("ëlÃ la", "à"), ("cafÃƒÂ©", "é"), ("À LA MODE Ã", None), ("»NÄ« und", None),
])  # fmt: skip
def test_damage_within_words_before_blanks_and_done_twice(text, before):
    found = damaged_characters(text)
    assert (found and found[1]) == before


@pytest.mark.parametrize("text, what", [
    ("." * 200_000 + " y", None),
    ("none" + "." * 60, "stands for a text"),
    ("-" * 60, "no letter and no figure"),
    ("  [deleted] ", "stands for a text"),
    (">> lorem ipsum dolor sit amet, consectetur adipiscing elit", "stands for a text"),
])  # fmt: skip
def test_a_text_says_nothing_whatever_punctuation_is_around_it(text, what):
    part = CheckedPart("train", ((text,),), ("a.tsv:1",), (text,))
    found = [one.what for one in find_text_faults([part]) if one.check == "placeholders"]
    assert found == ([] if what is None else [what])
