"""What the graph of a training step computes by chains that XLA compiled is what it computed without."""

import contextlib

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import FeedForward
from bert_keras.models import BertEncoder
from bert_keras.ops import dropout, fast_activation
from bert_keras.ops.compiled_chain import chains_for_every_shape, compiled_chain, is_worth_compiling

pytestmark = pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow needs it")

POINTS = np.linspace(-6, 6, 481).astype("float32")


def traced(function, *, dtype="bfloat16", shape=POINTS.shape):
    """Outputs and gradient of a function as a step computes them, and the graph of it."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec(shape, dtype)])
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = function(x)
        return outputs, tape.gradient(outputs, x)

    values = [ops.convert_to_numpy(ops.cast(value, "float32")) for value in step(tf.cast(POINTS, dtype))]
    return *values, step.get_concrete_function().graph


def compiled_calls(graph):
    return [node for node in graph.as_graph_def().node if node.attr["_XlaMustCompile"].b]


@pytest.mark.parametrize(
    ("dtype", "shape", "worth"),
    [("bfloat16", POINTS.shape, True), ("float32", POINTS.shape, False), ("bfloat16", [None], False)],
)
def test_pays_in_bfloat16_where_the_shape_is_known_and_never_eagerly(dtype, shape, worth):
    found = []
    traced(lambda x: found.append(is_worth_compiling(x)) or x * 1, dtype=dtype, shape=shape)
    assert found == [worth] and not is_worth_compiling(ops.cast(POINTS, dtype))


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_pays_without_a_shape_while_chains_are_asked_for_every_shape(dtype):
    found = []
    with chains_for_every_shape():
        traced(lambda x: found.append(is_worth_compiling(x)) or x * 1, dtype=dtype, shape=[None])
    traced(lambda x: found.append(is_worth_compiling(x)) or x * 1, dtype=dtype, shape=[None])
    assert found == [True, False]


def test_an_encoder_in_float32_has_the_same_outputs_and_gradients_by_chains():
    import tensorflow as tf

    encoder = BertEncoder(13, 1, 2, 16, 24, max_sequence_length=8, dropout=0.25)
    signature = {name: tf.TensorSpec((None, None), "int32") for name in encoder.input}
    rows = {name: tf.constant([[2, 5, 6, 7], [2, 8, 0, 0]]) for name in signature}
    rows |= {"segment_ids": 0 * rows["token_ids"], "padding_mask": tf.cast(rows["token_ids"] > 0, "int32")}

    def step(rows):
        with tf.GradientTape() as tape:
            outputs = tf.reduce_sum(encoder(rows, training=True)["sequence_output"] ** 2)
        return outputs, *map(tf.convert_to_tensor, tape.gradient(outputs, encoder.trainable_weights[:-2]))

    results, num_compiled = [], []
    for context in (chains_for_every_shape, contextlib.nullcontext):
        keras.utils.set_random_seed(3)
        for generator in encoder._flatten_layers():
            for seeds in getattr(generator, "_seed_generators", ()):
                seeds.state.assign([3, 0])
        with context():
            traced_step = tf.function(step, input_signature=[signature])
            results.append([value.numpy() for value in traced_step(rows)])
        num_compiled.append(len(compiled_calls(traced_step.get_concrete_function().graph)))
    assert num_compiled[0] > 0 and num_compiled[1] == 0
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_step_that_xla_compiles_whole_has_no_chains():
    import tensorflow as tf

    found = []
    step = tf.function(lambda x: found.append(is_worth_compiling(x)) or x * 1, jit_compile=True)
    step(tf.cast(POINTS, "bfloat16"))
    assert found == [False]


def test_gelu_of_a_training_step_is_one_kernel_each_way_and_as_exact():
    gelu = fast_activation(keras.activations.gelu, training=True)
    *compiled, graph = traced(gelu)
    *plain, plain_graph = traced(gelu, shape=[None])
    assert len(compiled_calls(graph)) == 2 and not compiled_calls(plain_graph)
    exact = traced(gelu, dtype="float32")[:2]
    for values, others, truth in zip(compiled, plain, exact, strict=True):
        np.testing.assert_allclose(values, others, rtol=2**-7, atol=1e-6)
        np.testing.assert_allclose(values, truth, rtol=2**-6, atol=2**-7)  # the points, too, were rounded


def test_a_feed_forward_compiles_its_gelu_in_training_alone():
    layer = FeedForward(4, 8, dtype="bfloat16")

    def call(x, training):
        return layer(ops.reshape(x, (13, 37, 1)) * ops.ones(4, "bfloat16"), training=training)

    assert len(compiled_calls(traced(lambda x: call(x, True))[-1])) == 2
    assert not compiled_calls(traced(lambda x: call(x, False))[-1])


def test_dropout_of_a_training_step_drops_the_same_elements_each_way():
    values, slopes, graph = traced(lambda x: dropout(x, 0.25, 3))
    assert len(compiled_calls(graph)) == 2
    expected = ops.convert_to_numpy(ops.cast(dropout(ops.cast(POINTS, "bfloat16"), 0.25, 3), "float32"))
    np.testing.assert_array_equal(values, expected)
    scale = float(ops.cast(ops.cast(1 / 0.75, "bfloat16"), "float32"))
    kept = expected[POINTS != 0] != 0
    np.testing.assert_array_equal(slopes[POINTS != 0], np.where(kept, scale, 0))


def test_each_run_of_a_traced_step_drops_other_elements():
    import tensorflow as tf

    generator = keras.random.SeedGenerator(1)
    step = tf.function(lambda: dropout(tf.ones((64,), "bfloat16"), 0.5, generator))
    first, second = (ops.convert_to_numpy(ops.cast(step(), "float32")) for _ in range(2))
    assert (first != second).any()


def test_a_chain_hands_its_options_to_both_functions():
    def times(x, y, *, factor):
        return x * y * factor

    def its_gradient(x, y, upstream, *, factor):
        return upstream * y * factor

    chain = compiled_chain(times, its_gradient, factor=2)
    values, slopes, _ = traced(lambda x: chain(x, ops.cast(POINTS, "bfloat16")))
    np.testing.assert_allclose(values, 2 * POINTS**2, rtol=2**-5)
    np.testing.assert_allclose(slopes, 2 * POINTS, rtol=2**-7)
