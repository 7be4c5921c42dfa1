import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import sample_tokens


def draw(logits, seed=0):
    return ops.convert_to_numpy(sample_tokens(np.asarray(logits, "float32"), seed))


@pytest.mark.parametrize("vocabulary_size", [1, 2, 10, 12, 16, 17])
def test_each_token_is_drawn_as_often_as_its_probability_says(vocabulary_size):
    logits = np.random.default_rng(vocabulary_size).normal(size=vocabulary_size) * 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum()
    num_draws = 40_000
    drawn = draw(np.broadcast_to(logits, (200, num_draws // 200, vocabulary_size)))
    assert drawn.dtype == np.int32 and drawn.shape == (200, num_draws // 200)
    counts = np.bincount(drawn.ravel(), minlength=vocabulary_size)
    deviation = np.sqrt(num_draws * probabilities * (1 - probabilities))
    assert (abs(counts - num_draws * probabilities) <= 5 * deviation).all()


def test_what_has_no_probability_is_never_drawn():
    logits = np.full((50, 400, 11), -1e30)
    logits[..., [3, 10]] = 0.0
    assert set(draw(logits).ravel().tolist()) == {3, 10}


def test_neighbours_are_drawn_independently():
    drawn = draw(np.zeros((100, 200, 2))).astype(float)
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.05


def test_an_int_gives_the_same_tokens_and_a_generator_others_in_each_call():
    logits = np.zeros((2, 30, 50))
    np.testing.assert_array_equal(draw(logits, 5), draw(logits, 5))
    assert (draw(logits, 5) != draw(logits, 6)).any()
    generator = keras.random.SeedGenerator(1)
    assert (draw(logits, generator) != draw(logits, generator)).any()
