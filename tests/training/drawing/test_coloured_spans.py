import numpy as np
import pytest

from bert_keras.training.drawing import coloured_spans

BLUE, RED = (0, 0, 200), (200, 0, 0)
COLOURS = {"right": BLUE, "missed": RED}


def bars(image, colour):
    """Heights at which a bar of a colour begins, below the explanation of the colours, and its first and last pixel."""
    found = []
    for height in range(40, len(image)):
        places = np.flatnonzero((image[height] == colour).all(axis=1))
        if len(places) > 8 and (not found or height > found[-1][0] + 3):
            found.append((height, int(places[0]), int(places[-1])))
    return found


def test_places_that_overlap_have_bars_below_each_other_each_in_its_colour():
    text = "the University of Cambridge is old"
    image = coloured_spans([text], [[(4, 27, "org", "right"), (18, 27, "place", "missed")]], COLOURS)
    (blue, left, right), (red, begin, end) = *bars(image, BLUE), *bars(image, RED)
    assert blue < red and left < begin < end == right


def test_places_side_by_side_stand_on_one_level_unless_a_label_is_in_the_way():
    text = "Ada met Bob"
    (ada, *_), (bob, *_) = (
        bars(coloured_spans([text], [[(0, 3, "x", "right"), (8, 11, "x", "missed")]], COLOURS), colour)[0]
        for colour in (BLUE, RED)
    )
    assert ada == bob
    image = coloured_spans([text], [[(0, 3, "a label that is long", "right"), (8, 11, "x", "missed")]], COLOURS)
    assert bars(image, RED)[0][0] > bars(image, BLUE)[0][0]


def test_a_long_text_goes_on_in_further_lines_and_a_place_with_it():
    words = "words and " * 60
    image = coloured_spans([words], [[(0, len(words), "all", "right")]], COLOURS, width=400)
    assert len(bars(image, BLUE)) > 5 and image.shape[1] == 400
    without_spaces = coloured_spans(["a" * 500], [[(499, 500, "last", "right")]], COLOURS, width=400)
    assert without_spaces.shape[1] == 400 and without_spaces.shape[0] > 150


def test_line_ends_in_a_text_and_in_a_label_are_drawn_as_spaces():
    broken, whole = (
        coloured_spans([text], [[(0, 1, label, "right")]], COLOURS)
        for text, label in (("a\nb\tc", "two\nlines"), ("a b c", "two lines"))
    )
    assert (broken == whole).all()


def test_no_text_gives_the_title_alone():
    assert coloured_spans([], [], COLOURS, title="0 texts").shape[0] < 80


def test_a_place_outside_its_text_and_places_without_texts_are_refused():
    with pytest.raises(ValueError, match="a text of 3 characters, received 2 to 4"):
        coloured_spans(["Ada"], [[(2, 4, "x", "right")]], COLOURS)
    with pytest.raises(ValueError, match="Expected headings of 1 texts, received those of 2"):
        coloured_spans(["Ada"], [[]], COLOURS, headings=["a", "b"])
