import pytest

from bert_keras.data.corpus.writing_systems import SCRIPTS, script_share


@pytest.mark.parametrize(
    ("text", "script"),
    [
        *(("naïve Ａ", "latin"), ("Привет", "cyrillic"), ("Ωμέγα", "greek"), ("漢字々𠀀"[:2], "han"), ("𠀀", "han")),
        *(("ひらがな", "hiragana"), ("カタカナー", "katakana"), ("한국어", "hangul"), ("हिन्दी", "devanagari")),
        *(
            ("ภาษาไทย", "thai"),
            ("العربية", "arabic"),
            ("עברית", "hebrew"),
            ("မြန်မာ", "myanmar"),
            ("ქართული", "georgian"),
        ),
    ],
)
def test_letters_and_vowel_signs_are_of_their_script(text, script):
    assert [name for name in SCRIPTS if script_share(text, [name]) == 1] == [script]


def test_shares_are_of_letters_alone():
    assert script_share("Да, 123 -- yes. e\u0301", ["cyrillic"]) == pytest.approx(2 / 6)
    assert script_share("Да, yes.", ["latin", "cyrillic", "latin"]) == 1
    assert script_share("𐐀 Ꮳ", ["latin"]) == 0
    assert script_share("123 ...", ["latin"]) == script_share("", ["latin"]) == 0


def test_a_script_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(ValueError, match="there is no script 'chinese'; there are arabic, .* han, .*, yi"):
        script_share("a", ["chinese"])
