import numpy as np
import pytest

from bert_keras.training.drawing import drawable, heat_map, legend


def test_shades_go_from_white_to_dark_and_what_is_no_number_is_grey():
    image = heat_map([[0, 1, np.nan]], ["row"], ["a", "b", "c"])
    cells = image[-30]  # through the middle of the only row
    assert {tuple(pixel) for pixel in cells.tolist()} >= {(255, 255, 255), (8, 48, 107), (200, 200, 200)}


def test_a_picture_stays_small_whatever_is_drawn():
    names = [f"a class with quite a long name indeed, number {i}" for i in range(200)]
    image = heat_map(np.eye(200), names, names, texts=[["1000000"] * 200] * 200)
    assert image.dtype == "uint8" and image.shape[2] == 3
    assert max(image.shape) < 1100


def test_names_that_no_font_has_become_numbers_with_a_legend(without_other_fonts):
    assert drawable(["négatif", "so-so", "积极"]) == ["0", "so-so", "2"]
    assert legend(["négatif", "so-so", "积极"]) == "0 = négatif, 2 = 积极"
    assert legend(["a", "b"]) == ""
    assert heat_map(np.eye(2), ["负", "正"], ["负", "正"]).tolist() == heat_map(np.eye(2), "01", "01").tolist()


def test_cells_without_their_names_are_refused():
    with pytest.raises(ValueError, match=r"each of 1 rows and 2 columns, received \(2, 2\)"):
        heat_map(np.eye(2), ["a"], ["a", "b"])
