import numpy as np
import pytest
from keras import ops

from bert_keras.layers import GatedFeedForward

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")


@pytest.mark.parametrize("use_bias", [True, False])
def test_keras_own_checks(check_layer, use_bias):
    check_layer(
        GatedFeedForward,
        {"hidden_dim": 8, "intermediate_dim": 12, "activation": "gelu_tanh", "use_bias": use_bias, "dropout": 0.1},
        input_shape=(2, 5, 8),
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=4 if use_bias else 2,
        expected_num_seed_generators=1,
        supports_masking=True,
    )


def test_keras_hubs_own_checks(check_layer_as_keras_hub):
    check_layer_as_keras_hub(
        GatedFeedForward,
        {"hidden_dim": 8, "intermediate_dim": 12},
        ops.convert_to_tensor(X),
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=4,
    )


def test_the_first_half_is_activated_and_the_second_is_its_gate():
    layer = GatedFeedForward(8, 3, activation="relu", use_bias=False)
    found = ops.convert_to_numpy(layer(X))
    wide, narrow = map(ops.convert_to_numpy, layer.get_weights())
    expected = (np.maximum(X @ wide[:, :3], 0) * (X @ wide[:, 3:])) @ narrow
    np.testing.assert_allclose(found, expected, atol=1e-6)
