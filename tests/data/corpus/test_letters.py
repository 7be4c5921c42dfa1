import pytest

from bert_keras.data.corpus.letters import has_letters


@pytest.mark.parametrize(
    "text",
    [
        "ที่นี่มีน้ำใช้อยู่",  # Thai
        "मैं हिन्दी में लिखती हूँ",  # Hindi
        "ကျွန်တော် မြန်မာလို ပြောတယ်",  # Burmese
        "ខ្ញុំនិយាយភាសាខ្មែរ",  # Khmer
        "நான் தமிழில் எழுதுகிறேன்",  # Tamil
        "ང་བོད་སྐད་ཤོད་ཀྱི་ཡོད",  # Tibetan, with a point behind each syllable
        "می\u200cخواهم",  # Persian, with a joiner that nobody sees
        "e\u0301te\u0301",  # accents apart from their letters
    ],
)
def test_marks_and_joiners_are_parts_of_words(text):
    assert has_letters(text, 0.75)


@pytest.mark.parametrize("text", ["- 17 -", "*****", "१२३ ४५६", "____|____", "…… …… ——", "\u0301 1 2 3 4 5"])
def test_figures_and_rulers_are_not(text):
    assert not has_letters(text, 0.3)
