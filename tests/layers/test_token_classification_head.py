import keras
import numpy as np

from bert_keras.layers import TokenClassificationHead


def test_keras_own_checks(check_layer):
    check_layer(
        TokenClassificationHead,
        {"num_tags": 4, "dropout": 0.1},
        input_shape=(3, 5, 8),
        expected_output_shape=(3, 5, 4),
        expected_num_trainable_weights=2,
        expected_num_seed_generators=1,
    )


def test_logits_are_float32_in_every_precision():
    logits = TokenClassificationHead(2, dtype="mixed_bfloat16")(np.ones((3, 5, 8), "float32"))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
