import pytest

from bert_keras.inference.search.words import search_words

pytestmark = pytest.mark.slow_elsewhere


@pytest.mark.parametrize(
    "text, words",
    [
        ("Flow's 3.5", ["flow", "s", "3", "5"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # a vowel sign is no letter, and yet no end of a word
        ("ＡＢＣ", ["abc"]),
        ("在2024年", ["在", "2024", "年"]),
        ("สวัสดี", ["ส", "ว", "ส", "ด", "สว", "วั", "ัส", "สด", "ดี"]),
        ("API를 씁", ["api", "를", "씁"]),
        ("규칙을", ["규", "칙", "을", "규칙", "칙을"]),
        ("!?", []),
    ],
)
def test_words_are_cut_by_the_rules_of_their_script(text, words):
    assert search_words(text) == words
