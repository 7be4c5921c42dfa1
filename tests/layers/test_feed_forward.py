import numpy as np
from keras import ops

from bert_keras.layers import FeedForward

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")


def test_keras_own_checks(check_layer):
    check_layer(
        FeedForward,
        {"hidden_dim": 8, "intermediate_dim": 12, "activation": "gelu_tanh"},
        input_shape=(2, 5, 8),
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=4,
        supports_masking=True,
    )


def test_keras_hubs_own_checks(check_layer_as_keras_hub):
    check_layer_as_keras_hub(
        FeedForward,
        {"hidden_dim": 8, "intermediate_dim": 12},
        ops.convert_to_tensor(X),
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=4,
    )


def test_works_on_each_token_alone():
    layer = FeedForward(8, 12)
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer(X))[:, 2:3], ops.convert_to_numpy(layer(X[:, 2:3])), atol=1e-6
    )
