import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.tagging.word_windows import word_windows


@given(st.lists(st.integers(1, 7), max_size=40), st.integers(7, 12), st.data())
def test_every_word_is_owned_once_by_a_window_that_fits(piece_counts, max_pieces, data):
    windows = word_windows(piece_counts, max_pieces, data.draw(st.integers(0, max_pieces - 1)))
    owned = [word for window in windows for word in range(window.owned_start, window.owned_end)]
    assert owned == list(range(len(piece_counts)))
    for window in windows:
        assert window.start <= window.owned_start <= window.owned_end <= window.end
        assert sum(piece_counts[window.start : window.end]) <= max_pieces


def test_windows_overlap_by_as_many_pieces_as_asked_for():
    windows = word_windows([1] * 20, 8, 4)
    assert [window[:2] for window in windows] == [(0, 8), (4, 12), (8, 16), (12, 20)]
    assert [window[2:] for window in windows] == [(0, 6), (6, 10), (10, 14), (14, 20)]


def test_a_short_sentence_is_one_window_even_an_empty_one():
    assert word_windows([2, 3], 8, 2) == [(0, 2, 0, 2)]
    assert word_windows([], 8, 2) == [(0, 0, 0, 0)]


def test_an_overlap_as_long_as_a_window_is_refused():
    with pytest.raises(ValueError, match="between 0 and 7 pieces, received 8"):
        word_windows([1], 8, 8)
