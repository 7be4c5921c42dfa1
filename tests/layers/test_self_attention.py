import numpy as np
import pytest
from keras import ops

from bert_keras.layers import SelfAttention

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")


def test_keras_own_checks(check_layer):
    check_layer(
        SelfAttention,
        {"hidden_dim": 8, "num_heads": 2, "dropout": 0.1},
        input_shape=(2, 5, 8),
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=4,
        expected_num_seed_generators=1,
        supports_masking=True,
    )


def test_keras_hubs_own_checks(check_layer_as_keras_hub):
    check_layer_as_keras_hub(
        SelfAttention,
        {"hidden_dim": 8, "num_heads": 2},
        {"inputs": ops.convert_to_tensor(X), "attention_mask": ops.ones((2, 5, 5), "bool")},
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=4,
    )


def test_asking_for_scores_does_not_change_the_outputs():
    layer = SelfAttention(8, 2, dropout=0.5)
    mask = np.tril(np.ones((2, 5, 5), bool))
    outputs, scores = layer(X, attention_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs), ops.convert_to_numpy(layer(X, attention_mask=mask)), atol=1e-5
    )
    assert scores.shape == (2, 2, 5, 5)


def test_dropout_acts_in_training_alone():
    layer = SelfAttention(8, 2, dropout=0.5)
    first, second = (ops.convert_to_numpy(layer(X, training=True)) for _ in range(2))
    assert abs(first - second).max() > 1e-4
    np.testing.assert_array_equal(*(ops.convert_to_numpy(layer(X, training=False)) for _ in range(2)))


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="hidden_dim=8, num_heads=3"):
        SelfAttention(8, 3)


def test_query_key_and_value_lie_one_after_the_other():
    layer = SelfAttention(4, 2)
    layer(X[..., :4])
    kernel = np.zeros((4, 12), "float32")
    kernel[:, 8:] = np.eye(4)  # queries and keys of zeros: all is seen alike
    layer.query_key_value.kernel.assign(kernel)
    layer.output_projection.kernel.assign(np.eye(4))
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer(X[..., :4])),
        np.broadcast_to(X[..., :4].mean(1, keepdims=True), (2, 5, 4)),
        atol=1e-6,
    )
