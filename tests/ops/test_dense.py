import importlib

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops.dense import dense, reference_dense

RNG = np.random.default_rng(0)
INPUTS, KERNEL, BIAS = (RNG.normal(size=shape).astype("float32") for shape in ((2, 3, 8), (8, 5), (5,)))


@pytest.mark.parametrize("bias", [BIAS, None])
def test_multiplies_and_adds(bias):
    outputs = dense(ops.convert_to_tensor(INPUTS), ops.convert_to_tensor(KERNEL), bias)
    expected = INPUTS @ KERNEL + (0 if bias is None else bias)
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only there are they computed otherwise")
@pytest.mark.parametrize("is_kept_apart", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 8), (2, None, 8), (None, 8)])
def test_in_bfloat16_values_and_gradients_are_those_of_keras(shape, is_kept_apart, monkeypatch):
    import tensorflow as tf

    module = importlib.import_module("bert_keras.ops.dense")  # whose name is its function's, too
    monkeypatch.setattr(module, "_KEEPS_PRODUCTS_ALONE", is_kept_apart)
    inputs = INPUTS if len(shape) == 3 else INPUTS.reshape(6, 8)

    def values_and_gradients(function):
        @tf.function(input_signature=[tf.TensorSpec(shape, "bfloat16")])
        def step(x):
            kernel, bias = tf.cast(KERNEL, "bfloat16"), tf.cast(BIAS, "bfloat16")
            with tf.GradientTape() as tape:
                tape.watch([x, kernel, bias])
                outputs = function(x, kernel, bias)
            return outputs, *tape.gradient(outputs, [x, kernel, bias])

        values = [ops.convert_to_numpy(ops.cast(x, "float32")) for x in step(tf.cast(inputs, "bfloat16"))]
        return values, step.get_concrete_function().graph

    ours, graph = values_and_gradients(dense)
    theirs, _ = values_and_gradients(reference_dense)
    operations = {node.op for node in graph.as_graph_def().node}
    assert "BiasAddGrad" not in operations
    assert not is_kept_apart or "BiasAdd" not in operations  # what TensorFlow would fuse
    for some, others in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(some, others, rtol=2**-6, atol=2**-6)
