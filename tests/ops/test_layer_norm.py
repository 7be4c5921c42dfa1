import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops.layer_norm import layer_norm, reference_layer_norm

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(1, 2, (3, 5, 16)).astype("float32")
GAMMA, BETA = (RNG.normal(1, 0.5, 16).astype("float32") for _ in range(2))
UPSTREAM = RNG.normal(size=INPUTS.shape).astype("float32")


@pytest.mark.parametrize("beta", [BETA, None])
def test_norms_as_keras_does(beta):
    normed = layer_norm(ops.convert_to_tensor(INPUTS), ops.convert_to_tensor(GAMMA), beta, 1e-5)
    expected = reference_layer_norm(ops.convert_to_tensor(INPUTS), ops.convert_to_tensor(GAMMA), beta, 1e-5)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (normed, expected)), rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only there is the gradient written by hand")
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5), ("bfloat16", 2**-5)])
@pytest.mark.parametrize("length", [5, None])
def test_gradients_are_those_of_keras(dtype, tolerance, length):
    import tensorflow as tf

    def outputs_and_gradients(norm):
        @tf.function(input_signature=[tf.TensorSpec((None if length is None else 3, length, 16), dtype)])
        def step(x):
            gamma, beta = tf.cast(GAMMA, dtype), tf.cast(BETA, dtype)
            with tf.GradientTape() as tape:
                tape.watch([x, gamma, beta])
                outputs = norm(x, gamma, beta, 1e-5)
            return outputs, *tape.gradient(outputs, [x, gamma, beta], tf.cast(UPSTREAM, dtype))

        return [ops.convert_to_numpy(ops.cast(value, "float64")) for value in step(tf.cast(INPUTS, dtype))]

    for ours, theirs in zip(
        outputs_and_gradients(layer_norm), outputs_and_gradients(reference_layer_norm), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max())


def test_a_vector_of_one_value_is_no_nan():
    normed = layer_norm(ops.ones((2, 8)), ops.ones(8), ops.zeros(8), 1e-12)
    np.testing.assert_array_equal(ops.convert_to_numpy(normed), np.zeros((2, 8)))
