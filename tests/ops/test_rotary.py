import numpy as np
import pytest
from keras import ops

from bert_keras.ops import packed_positions, rotary_angles, rotate


def turned(x, positions, theta):
    angles = rotary_angles(ops.convert_to_tensor(positions), x.shape[-1], theta)
    return ops.convert_to_numpy(rotate(ops.convert_to_tensor(x), angles))


def test_products_tell_how_far_two_vectors_are_apart_and_not_where_they_are():
    query, key = np.random.default_rng(0).normal(size=(2, 1, 1, 1, 8)).astype("float32")

    def product(first, second):
        return (turned(query, [[first]], 100.0) * turned(key, [[second]], 100.0)).sum()

    np.testing.assert_allclose(product(5, 3), product(105, 103), rtol=1e-4)
    assert abs(product(5, 3) - product(5, 4)) > 1e-2


def test_column_pairs_turn_as_points_in_the_plane():
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 6)).astype("float32")
    points = x[..., :3] + 1j * x[..., 3:]
    angles = np.arange(5)[:, None] * 50.0 ** -(np.arange(0, 6, 2) / 6)
    expected = points * np.exp(1j * angles)
    np.testing.assert_allclose(
        turned(x, np.arange(5)[None], 50.0), np.concatenate([expected.real, expected.imag], -1), atol=1e-5
    )


def test_angles_are_full_precision_for_half_precision_vectors():
    x = ops.cast(ops.ones((1, 1, 2, 2)), "bfloat16")
    angles = rotary_angles(ops.convert_to_tensor([[1000, 1001]]), 2, 10000.0)
    first, second = ops.convert_to_numpy(ops.cast(rotate(x, angles), "float32"))[0, 0]
    np.testing.assert_allclose(first, [np.cos(1000) - np.sin(1000), np.cos(1000) + np.sin(1000)], atol=0.01)
    assert abs(first - second).max() > 0.1


@pytest.mark.parametrize(
    ("padding_mask", "positions"),
    [
        ([[1, 1, 1, 0]], [[0, 1, 2, 3]]),
        ([[0, 0, 1, 1]], [[0, 1, 2, 3]]),
        ([[1, 2, 2, 3], [1, 1, 2, 0]], [[0, 0, 1, 0], [0, 1, 0, 3]]),
        ([[2, 2, 5, 5]], [[0, 1, 0, 1]]),
        ([[1]], [[0]]),
    ],
)
def test_positions_begin_anew_in_each_packed_sequence(padding_mask, positions):
    found = packed_positions(ops.convert_to_tensor(padding_mask))
    assert ops.convert_to_numpy(found).tolist() == positions
