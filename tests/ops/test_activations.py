import math

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import FeedForward, MaskedLMHead
from bert_keras.ops import exact_gelu, fast_activation, gelu_tanh, get_activation
from bert_keras.ops.gradient import gradient

POINTS = np.linspace(-4, 4, 17).astype("float32")


def test_gelu_is_the_exact_one():
    exact = [0.5 * x * (1 + math.erf(x / math.sqrt(2))) for x in POINTS]
    np.testing.assert_allclose(ops.convert_to_numpy(get_activation("gelu")(POINTS)), exact, atol=1e-6)


def test_gelu_tanh_is_the_one_of_googles_code():
    approximate = [0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) for x in POINTS]
    np.testing.assert_allclose(ops.convert_to_numpy(get_activation("gelu_tanh")(POINTS)), approximate, atol=1e-6)


def test_the_config_of_gelu_tanh_leads_back_to_it():
    assert get_activation(keras.activations.serialize(gelu_tanh)) is gelu_tanh


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("bfloat16", 0.0), ("float16", 0.0)])
def test_the_exact_gelu_is_the_reference_within_rounding(dtype, tolerance):
    x = ops.convert_to_tensor(np.linspace(-12, 12, 4801), dtype)
    outputs, reference = exact_gelu(x), ops.gelu(x, approximate=False)
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype
    difference = ops.convert_to_numpy(ops.cast(outputs - reference, "float32"))
    assert np.abs(difference).max() <= tolerance


@pytest.mark.parametrize(
    ("dtype", "rounding"), [("float64", 0.0), ("float32", 0.0), ("bfloat16", 2**-8), ("float16", 2**-11)]
)
def test_the_exact_gelu_in_training_is_exact_within_rounding(dtype, rounding):
    if dtype == "float64" and keras.config.backend() == "jax":
        pytest.skip("JAX has no float64 unless it is asked for")
    x = ops.convert_to_tensor(np.linspace(-12, 12, 4801), dtype)
    outputs = fast_activation(keras.activations.gelu, training=True)(x)
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype
    points = ops.convert_to_numpy(ops.cast(x, "float32") if rounding else x).astype("float64")
    exact = np.array([0.5 * value * math.erfc(-value / math.sqrt(2)) for value in points])
    found = ops.convert_to_numpy(ops.cast(outputs, "float32") if rounding else outputs)
    np.testing.assert_allclose(found, exact, rtol=rounding, atol=1e-14 if dtype == "float64" else 1e-6)


def test_the_exact_gelu_has_the_gradient_of_the_reference():
    x = np.linspace(-12, 12, 481).astype("float32")
    distribution = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x])
    expected = distribution + x * np.exp(-0.5 * x.astype("float64") ** 2) / math.sqrt(2 * math.pi)
    slope = gradient(lambda x: ops.sum(exact_gelu(x)), ops.convert_to_tensor(x))
    np.testing.assert_allclose(ops.convert_to_numpy(slope), expected, atol=1e-6)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow has a gradient of its own for it")
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_training_step_has_the_exact_gelu_and_its_gradient_and_keeps_one_tensor_for_it(dtype):
    import tensorflow as tf

    points = np.linspace(-6, 6, 481)
    gelu = fast_activation(keras.activations.gelu, training=True)

    @tf.function(input_signature=[tf.TensorSpec([None], dtype)])
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = gelu(x)
        return outputs, tape.gradient(outputs, x)

    outputs, slopes = (tf.cast(each, "float64").numpy() for each in step(tf.cast(points, dtype)))
    points = tf.cast(tf.cast(points, dtype), "float64").numpy()
    shares = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in points])
    rounding = {"float64": 1e-14, "float32": 1e-6, "bfloat16": 2**-7}[dtype]
    np.testing.assert_allclose(outputs, points * shares, rtol=rounding, atol=min(rounding, 1e-6))
    density = np.exp(-0.5 * points**2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(slopes, shares + points * density, rtol=rounding, atol=rounding)
    graph = step.get_concrete_function().graph
    assert sum(node.type == "Erf" for node in graph.get_operations()) == 1


def test_layers_compute_gelu_fast_and_keep_its_name():
    head = MaskedLMHead(keras.layers.ReversibleEmbedding(5, 4))
    assert head.transform.activation is exact_gelu and head.get_config()["activation"] == "gelu"
    assert fast_activation(FeedForward(4, 8).activation) is exact_gelu
    assert FeedForward(4, 8).get_config()["activation"] == "gelu"
    assert fast_activation(gelu_tanh) is gelu_tanh and fast_activation(keras.activations.relu) is keras.activations.relu
