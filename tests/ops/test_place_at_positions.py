import hypothesis
import numpy as np
from hypothesis import strategies
from keras import ops

from bert_keras.ops import place_at_positions

LENGTH, SLOTS = 6, 3


@hypothesis.given(strategies.lists(strategies.integers(1, LENGTH - 1), max_size=SLOTS, unique=True))
def test_each_value_stands_at_its_position_and_nothing_elsewhere(used):
    positions = np.array([[*used, *[0] * (SLOTS - len(used))]], "int32")
    placed, is_placed = place_at_positions(np.array([[7, 0, 9]], "int32"), positions, LENGTH)
    expected = np.zeros(LENGTH, "int32")
    expected[used] = [7, 0, 9][: len(used)]
    np.testing.assert_array_equal(ops.convert_to_numpy(placed)[0], expected)
    assert np.flatnonzero(ops.convert_to_numpy(is_placed)[0]).tolist() == sorted(used)
