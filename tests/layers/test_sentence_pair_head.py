import keras
import numpy as np

from bert_keras.layers import SentencePairHead


def test_keras_own_checks(check_layer):
    check_layer(
        SentencePairHead,
        {},
        input_shape=(3, 8),
        expected_output_shape=(3, 2),
        expected_num_trainable_weights=2,
    )


def test_logits_are_float32_in_every_precision():
    logits = SentencePairHead(dtype="mixed_bfloat16")(np.ones((3, 8), "float32"))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
