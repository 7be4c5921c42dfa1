"""Sums that hand their gradient on give what plain sums give."""

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import add_alike
from bert_keras.ops.add import add_constant

pytestmark = pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="elsewhere they are plain sums")

X, Y = np.random.default_rng(0).normal(size=(2, 2, 3)).astype("float32")


def values_and_gradients(function, *arrays):
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None] * array.ndim, "float32") for array in arrays])
    def step(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = function(*tensors)
            loss = tf.reduce_sum(outputs**3)
        return outputs, tape.gradient(loss, tensors)

    outputs, gradients = step(*map(tf.constant, arrays))
    kinds = {node.type for node in step.get_concrete_function().graph.get_operations()}
    return outputs.numpy(), [None if each is None else each.numpy() for each in gradients], kinds


def test_tensors_of_one_shape_both_get_the_gradient_and_no_shape_is_asked_for():
    outputs, gradients, kinds = values_and_gradients(add_alike, X, Y)
    np.testing.assert_array_equal(outputs, X + Y)
    for gradient in gradients:
        np.testing.assert_allclose(gradient, 3 * (X + Y) ** 2, rtol=1e-5)
    assert "BroadcastGradientArgs" not in kinds


def test_a_constant_is_spread_and_gets_no_gradient():
    outputs, (to_x, to_constant), kinds = values_and_gradients(add_constant, X, Y[0])
    np.testing.assert_array_equal(outputs, X + Y[0])
    np.testing.assert_allclose(to_x, 3 * (X + Y[0]) ** 2, rtol=1e-5)
    assert to_constant is None and "BroadcastGradientArgs" not in kinds


def test_outside_of_a_graph_they_are_plain_sums():
    x, y = ops.convert_to_tensor(X), ops.convert_to_tensor(Y)
    np.testing.assert_array_equal(add_alike(x, y), X + Y)
    np.testing.assert_array_equal(add_constant(x, y), X + Y)
