import numpy as np
from keras import ops

from bert_keras.ops import gather_positions


def test_picks_each_rows_own_positions():
    inputs = np.arange(2 * 4 * 3, dtype="float32").reshape(2, 4, 3)
    positions = np.array([[3, 0], [1, 1]], "int32")
    picked = gather_positions(ops.convert_to_tensor(inputs), ops.convert_to_tensor(positions))
    expected = np.take_along_axis(inputs, positions[..., None], axis=1)
    np.testing.assert_array_equal(ops.convert_to_numpy(picked), expected)


def test_a_position_beyond_its_row_is_no_number_instead_of_another_rows():
    inputs = np.arange(2 * 4 * 3, dtype="float32").reshape(2, 4, 3)
    positions = np.array([[4, 0], [-1, 3]], "int32")
    picked = ops.convert_to_numpy(gather_positions(ops.convert_to_tensor(inputs), ops.convert_to_tensor(positions)))
    assert np.isnan(picked).all(axis=-1).tolist() == [[True, False], [True, False]]
    np.testing.assert_array_equal(picked[:, 1], inputs[[0, 1], [0, 3]])
