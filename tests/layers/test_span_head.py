import keras
import numpy as np
from keras import ops

from bert_keras.layers import SpanHead


def test_start_and_end_are_the_two_outputs_of_one_dense_layer():
    inputs = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
    head = SpanHead(kernel_initializer=keras.initializers.RandomNormal(stddev=0.5))
    outputs = head(inputs)
    both = ops.convert_to_numpy(head.dense(inputs))
    np.testing.assert_allclose(ops.convert_to_numpy(outputs["start"]), both[:, :, 0], atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(outputs["end"]), both[:, :, 1], atol=1e-6)
    assert list(SpanHead.from_config(head.get_config()).get_config()) == list(head.get_config())


def test_logits_are_float32_in_every_precision():
    outputs = SpanHead(dtype="mixed_bfloat16")(np.ones((3, 5, 8), "float32"))
    assert {keras.backend.standardize_dtype(logits.dtype) for logits in outputs.values()} == {"float32"}
