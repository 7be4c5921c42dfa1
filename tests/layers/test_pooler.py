import numpy as np
from keras import ops

from bert_keras.layers import Pooler

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")


def test_keras_own_checks(check_layer):
    check_layer(
        Pooler,
        {"hidden_dim": 8},
        input_shape=(2, 5, 8),
        expected_output_shape=(2, 8),
        expected_num_trainable_weights=2,
    )


def test_keras_hubs_own_checks(check_layer_as_keras_hub):
    check_layer_as_keras_hub(
        Pooler,
        {"hidden_dim": 8},
        ops.convert_to_tensor(X),
        expected_output_shape=(2, 8),
        expected_num_trainable_weights=2,
    )


def test_only_the_first_token_counts():
    layer = Pooler(8)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(X)), ops.convert_to_numpy(layer(X[:, :1])))
