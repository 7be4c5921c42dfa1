from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.corpus.duplicates import SeenTexts


@given(st.lists(st.text(max_size=2)))
def test_says_what_a_set_says(texts):
    seen, reference = SeenTexts(), set()
    for text in texts:
        assert seen.add(text) == (text not in reference)
        reference.add(text)


def test_stays_exact_while_it_grows():
    seen = SeenTexts()
    assert all(seen.add(str(number)) for number in range(20_000))
    assert not any(seen.add(str(number)) for number in range(20_000))


def test_beyond_the_limit_it_forgets_but_never_invents():
    seen = SeenTexts(max_texts=1000)
    assert all(seen.add(str(number)) for number in range(10_000))
    assert not seen.add("9999")
    assert len(seen._slots) <= 4096
