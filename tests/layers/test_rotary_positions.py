import numpy as np
import pytest
from keras import ops

from bert_keras.layers import RotaryPositions, SelfAttention


def test_keras_own_checks(check_layer):
    check_layer(
        RotaryPositions,
        {"head_dim": 4, "theta": 100.0},
        input_shape=(2, 5),
        input_dtype="int32",
        expected_output_shape=(2, 5, 4),
        expected_num_trainable_weights=0,
        run_training_check=False,
        run_mixed_precision_check=False,  # the angles are float32 always
    )


def test_a_packed_sequence_has_the_angles_that_it_has_alone():
    layer = RotaryPositions(head_dim=4, theta=100.0)
    packed, alone = (ops.convert_to_numpy(layer(np.array([mask]))) for mask in ([1, 1, 1, 2, 2, 0], [1, 1]))
    np.testing.assert_array_equal(packed[:, 3:5], alone)
    np.testing.assert_array_equal(packed[:, :2], alone)
    assert packed.dtype == "float32"


def test_attention_tells_the_order_of_tokens_by_them():
    layer, x = SelfAttention(8, 2), np.random.default_rng(0).normal(size=(1, 4, 8)).astype("float32")
    x[0, 3] = x[0, 1]  # the same vector at two distances from the first token

    def run(positions):
        return ops.convert_to_numpy(layer(x, return_attention_scores=True, rotary_positions=positions)[1])[0, :, 0]

    without, scores = run(None), run(RotaryPositions(4)(np.ones((1, 4), "int32")))
    np.testing.assert_allclose(without[:, 1], without[:, 3], rtol=1e-5)
    assert abs(scores[:, 1] - scores[:, 3]).min() > 1e-7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"head_dim": 3}, "even head_dim, received 3"), ({"head_dim": 4, "theta": 0.0}, "above 0, received 0.0")],
)
def test_what_cannot_be_turned_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        RotaryPositions(**wrong)
