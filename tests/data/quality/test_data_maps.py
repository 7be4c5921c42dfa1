"""Data maps: their measures, and their file."""

import numpy as np
import pytest

from bert_keras.data import DataMap, Examples, read_data_map, write_data_map

PROBABILITIES = np.array([[0.5, 0.2, 0.9], [1.0, 0.2, 0.3]])


def test_measures_are_mean_and_standard_deviation_over_epochs():
    found = DataMap(PROBABILITIES, np.array([0.5, 0.0, 0.5]))
    np.testing.assert_allclose(found.confidence, [0.75, 0.2, 0.6])
    np.testing.assert_allclose(found.variability, [0.25, 0.0, 0.3])
    numbers = [found.ranked(region, 2 / 3).tolist() for region in ("easy", "hard", "ambiguous")]
    assert numbers == [[0, 2], [1, 2], [2, 0]]


def test_a_map_is_read_as_it_was_written_whatever_is_in_the_texts(tmp_path):
    found = DataMap(PROBABILITIES, np.array([0.5, 0.0, 0.5]))
    texts = ("a\tb\nc", "half \ud83d", "\u2028 d")
    examples = Examples(texts, ("x", "y", "z\t"), labels=((0,), (), (0, 1)), label_names=("p", "q"))
    write_data_map(tmp_path / "map.tsv", found, examples)
    read = read_data_map(tmp_path / "map.tsv")
    np.testing.assert_array_equal(read.probabilities, found.probabilities)
    np.testing.assert_array_equal(read.correctness, found.correctness)
    assert "2\tp|q\t0.6\t0.3\t0.5\t0.9\t0.3\td\tz" in (tmp_path / "map.tsv").read_text()


def test_what_is_no_data_map_is_refused_with_its_place(tmp_path):
    path = tmp_path / "map.tsv"
    for content, said in (("text\tlabel\n", "map.tsv:1: expected the header"), ("", "map.tsv:1")):
        path.write_text(content)
        with pytest.raises(ValueError, match=said):
            read_data_map(path)
    header = "number\tlabel\tconfidence\tvariability\tcorrectness\tepoch_1\ttext\n"
    for line, said in (
        ("0\ta\t1\t0\tx\t1\tso", "map.tsv:2: could not convert"),
        ("0\ta\t1\t0\t1", ":2: expected 7 cells"),
    ):
        path.write_text(header + line + "\n")
        with pytest.raises(ValueError, match=said):
            read_data_map(path)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="of one epoch or more"):
        DataMap(np.zeros((0, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="example 1 has the probabilities"):
        DataMap(np.array([[0.5, np.nan]]), np.zeros(2))
    found = DataMap(PROBABILITIES, np.zeros(3))
    with pytest.raises(ValueError, match="expected one of easy, hard, ambiguous"):
        found.ranked("odd")
    with pytest.raises(ValueError, match="expected 3 examples"):
        write_data_map("map.tsv", found, Examples(("a",), labels=(0,), label_names=("p",)))
