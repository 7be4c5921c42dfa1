import keras
import numpy as np

from bert_keras.layers import ReplacedTokenHead


def test_keras_own_checks(check_layer):
    check_layer(
        ReplacedTokenHead,
        {"activation": "relu"},
        input_shape=(3, 5, 8),
        expected_output_shape=(3, 5),
        expected_num_trainable_weights=4,
        expected_num_seed_generators=0,
    )


def test_logits_are_float32_in_every_precision():
    logits = ReplacedTokenHead(dtype="mixed_bfloat16")(np.ones((3, 5, 8), "float32"))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
