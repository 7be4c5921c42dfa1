import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import dropout
from bert_keras.ops.traced_function import traced_function

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="an ordinary function there")


def test_rows_of_several_lengths_share_a_trace_and_get_what_the_function_gives():
    traces = []

    @traced_function
    def doubled(x):
        traces.append(x.shape)
        return 2 * x

    @tf.function
    def both(x):
        return doubled(x[:2]), doubled(x[:, :3])

    short, narrow = both(ops.ones((4, 5)))
    assert short.shape == (2, 5) and narrow.shape == (4, 3) and float(ops.sum(narrow)) == 24
    assert len(traces) <= 2  # the second trace is for any shape
    both(ops.ones((6, 7)))
    assert len(traces) <= 2


def test_outside_of_a_graph_it_is_the_function_itself():
    assert traced_function(lambda x: x.numpy())(ops.ones(())) == 1


def test_a_graph_holds_the_noise_of_dropout_once_for_all_layers():
    @tf.function
    def dropped(x):
        for seed in range(8):
            x = dropout(x, 0.1, seed)
        return x

    spec = tf.TensorSpec((None, 16), "float32")
    operations = [operation.type for operation in dropped.get_concrete_function(spec).graph.get_operations()]
    assert "BitwiseXor" not in operations and len(operations) < 8 * 40


def test_a_graph_drops_what_is_dropped_outside_of_it():
    inputs = ops.ones((3, 100))
    inside = tf.function(lambda x: dropout(x, 0.5, 7))(inputs)
    np.testing.assert_array_equal(inside, dropout(inputs, 0.5, 7))
