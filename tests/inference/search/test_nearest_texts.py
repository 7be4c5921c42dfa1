"""Texts in memory are searched as those of an index are."""

import numpy as np
import pytest

from bert_keras.inference.search import NearestTexts, stored_vectors


def count(texts):
    """Vectors of texts: how often they have each letter."""
    return np.array([[text.count(letter) for letter in "abcd"] for text in texts], "float32")


@pytest.mark.parametrize("num_queries", [2, 100])
def test_the_nearest_texts_are_those_of_the_whole_matrix_product_however_many_queries_at_once(monkeypatch, num_queries):
    monkeypatch.setattr(stored_vectors, "_SCORES", 20 * num_queries)
    chosen = np.random.default_rng(0)
    vectors = chosen.normal(size=(20, 4))
    names = [f"t{i}" for i in range(20)]
    nearest = NearestTexts(lambda texts: vectors[[names.index(text) for text in texts]], names)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers, cosines = nearest.search(names[:5], top_k=4)
    assert numbers.tolist() == np.argsort(-unit[:5] @ unit.T, axis=1)[:, :4].tolist()
    np.testing.assert_allclose(cosines, -np.sort(-unit[:5] @ unit.T, axis=1)[:, :4], atol=1e-6)


def test_equal_texts_come_in_their_order_and_nothing_behind_the_last():
    numbers, cosines = NearestTexts(count, ["b", "a", "a"]).search(["a"], top_k=5)
    assert numbers.tolist() == [[1, 2, 0, -1, -1]] and cosines.tolist() == [[1, 1, 0, 0, 0]]
    assert NearestTexts(count, ["b"]).search([], top_k=2)[0].shape == (0, 2)


def test_vectors_of_zeros_or_nan_name_their_text():
    with pytest.raises(ValueError, match="gives 'xyz' a vector of zeros or NaN, and as many as 1 of 2 texts"):
        NearestTexts(count, ["a", "xyz"])
    with pytest.raises(ValueError, match="gives 'a' a vector of zeros or NaN"):
        NearestTexts(lambda texts: np.full((len(texts), 2), np.nan), ["a"])
    with pytest.raises(ValueError, match="at least one text"):
        NearestTexts(count, [])
    with pytest.raises(ValueError, match="top_k must be at least 1, received 0"):
        NearestTexts(count, ["a"]).search(["a"], 0)
