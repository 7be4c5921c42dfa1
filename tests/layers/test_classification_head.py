import keras
import numpy as np
from keras import ops

from bert_keras.layers import ClassificationHead


def test_keras_own_checks(check_layer):
    check_layer(
        ClassificationHead,
        {"num_classes": 4, "dropout": 0.1},
        input_shape=(3, 8),
        expected_output_shape=(3, 4),
        expected_num_trainable_weights=2,
        expected_num_seed_generators=1,
    )


def test_logits_are_float32_in_every_precision():
    logits = ClassificationHead(1, dtype="mixed_bfloat16")(np.ones((3, 8), "float32"))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


def test_keras_own_checks_of_a_hidden_layer(check_layer):
    check_layer(
        ClassificationHead,
        {"num_classes": 4, "dropout": 0.1, "hidden_activation": "tanh", "hidden_dropout": True},
        input_shape=(3, 8),
        expected_output_shape=(3, 4),
        expected_num_trainable_weights=4,
        expected_num_seed_generators=2,
    )


def test_the_hidden_layer_stands_before_the_logits():
    x = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    head = ClassificationHead(2, hidden_activation="relu", kernel_initializer="orthogonal")
    logits = ops.convert_to_numpy(head(x))
    hidden, dense = (ops.convert_to_numpy(layer.kernel) for layer in (head.hidden, head.dense))
    assert hidden.shape == (8, 8)
    np.testing.assert_allclose(logits, np.maximum(x @ hidden, 0) @ dense, atol=1e-5)
