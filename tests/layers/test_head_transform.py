import numpy as np
import pytest
from keras import ops

from bert_keras.layers import HeadTransform

X = np.random.default_rng(0).normal(size=(2, 8)).astype("float32")


@pytest.mark.parametrize("use_bias", [True, False])
def test_keras_own_checks(check_layer, use_bias):
    check_layer(
        HeadTransform,
        {"hidden_dim": 8, "activation": "gelu_tanh", "use_bias": use_bias},
        input_shape=(2, 8),
        expected_output_shape=(2, 8),
        expected_num_trainable_weights=4 if use_bias else 2,
    )


def test_dense_layer_then_activation_then_norm():
    layer = HeadTransform(8, activation="relu", layer_norm_epsilon=1e-3)
    found = ops.convert_to_numpy(layer(X))
    x = np.maximum(X @ ops.convert_to_numpy(layer.dense.kernel), 0)
    expected = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(found, expected, atol=1e-4)
