"""Blocks that are alike share a trace in a training step of TensorFlow, and compute what each would by its own."""

import contextlib
import gc
import weakref

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import EncoderBlock, FeedForward, SelfAttention
from bert_keras.models import BertEncoder
from bert_keras.ops import shared_trace

pytestmark = pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow traces so slowly")

WIDTH = 8
ROWS = np.random.default_rng(0).normal(size=(2, 3, WIDTH)).astype("float32")


def blocks(make_part=lambda: FeedForward(WIDTH, 16), *, number=3, dropout=0.0):
    made = [EncoderBlock(SelfAttention(WIDTH, 2, dropout=dropout), make_part(), dropout=dropout) for _ in range(number)]
    for block in made:
        block(ROWS)
    return made


def step_of(blocks):
    """Output and gradients of a training step, as NumPy arrays, and the graph of the step."""
    import tensorflow as tf

    model = keras.Sequential([keras.Input(ROWS.shape[1:]), *blocks])

    def step(rows):
        with tf.GradientTape() as tape:
            outputs = model(rows, training=True)
            loss = tf.reduce_sum(outputs**2) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        return outputs, [tf.zeros(()) if gradient is None else gradient for gradient in gradients]

    concrete = tf.function(step, autograph=False).get_concrete_function(tf.TensorSpec((None, 3, WIDTH), "float32"))
    return keras.tree.map_structure(lambda x: x.numpy(), concrete(tf.constant(ROWS))), concrete.graph


@contextlib.contextmanager
def traced_one_by_one(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shared_trace, "is_called_plainly", lambda *_: False)
        yield


def num_traces(graph):
    return sum(trace is not None for trace in shared_trace._traces.get(graph, {}).values())


@pytest.mark.parametrize("dropout", [0.0, 0.25])
def test_outputs_gradients_and_random_states_are_those_of_blocks_traced_one_by_one(dropout, monkeypatch):
    stack = blocks(dropout=dropout)
    states = [v for block in stack for v in block.non_trainable_variables]
    before = [ops.convert_to_numpy(state) for state in states]
    shared, graph = step_of(stack)
    assert num_traces(graph) == 1
    after = [ops.convert_to_numpy(state) for state in states]
    for state, value in zip(states, before, strict=True):
        state.assign(value)
    with traced_one_by_one(monkeypatch):
        alone, other_graph = step_of(stack)
    assert num_traces(other_graph) == 0 and len(graph.get_operations()) < len(other_graph.get_operations())
    for ours, theirs in zip(keras.tree.flatten(shared), keras.tree.flatten(alone), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    for state, value in zip(states, after, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(state), value)


def test_an_encoder_has_a_trace_for_all_its_blocks_and_one_for_the_last_of_few_positions():
    import tensorflow as tf

    encoder = BertEncoder(13, 4, 2, WIDTH, 16, max_sequence_length=8)
    signature = {name: tf.TensorSpec((None, None), "int32") for name in (*encoder.input, "output_positions")}
    step = tf.function(lambda rows: encoder(rows, training=True)["sequence_output"], input_signature=[signature])
    assert num_traces(step.get_concrete_function().graph) == 2


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16"])
def test_half_precision_has_the_same_outputs(dtype, monkeypatch):
    stack = [EncoderBlock(SelfAttention(WIDTH, 2), FeedForward(WIDTH, 16), dtype=dtype) for _ in range(2)]
    (shared, _), graph = step_of(stack)
    with traced_one_by_one(monkeypatch):
        (alone, _), _ = step_of(stack)
    assert num_traces(graph) == 1
    np.testing.assert_allclose(shared.astype("float32"), alone.astype("float32"), rtol=2**-6, atol=2**-6)


class Scale(keras.layers.Layer):
    """A part of a user's own, whose factor is set from outside."""

    factor = 1.0

    def build(self, shape):
        self.weight = self.add_weight(shape=shape[-1:], initializer="ones")

    def call(self, x):
        return self.factor * self.weight * x


def equals_one_by_one(stack, monkeypatch):
    shared, graph = step_of(stack)
    with traced_one_by_one(monkeypatch):
        alone, _ = step_of(stack)
    for ours, theirs in zip(keras.tree.flatten(shared), keras.tree.flatten(alone), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    return graph


def test_parts_that_differ_in_an_attribute_have_traces_of_their_own(monkeypatch):
    stack = blocks(Scale)
    assert num_traces(equals_one_by_one(stack, monkeypatch)) == 1
    stack[1].feed_forward.factor = 3.0
    assert num_traces(equals_one_by_one(stack, monkeypatch)) == 2


def test_a_part_whose_call_was_replaced_has_a_trace_of_its_own(monkeypatch):
    stack = blocks(Scale)
    stack[2].feed_forward.call = lambda x: 5.0 * x
    assert num_traces(equals_one_by_one(stack, monkeypatch)) == 2


def test_a_frozen_block_gets_no_gradient_and_the_others_do():
    stack = blocks()
    stack[1].trainable = False
    (_, gradients), _ = step_of(stack)
    assert len(gradients) == sum(len(block.trainable_variables) for block in stack) and all(
        np.abs(gradient).sum() > 0 for gradient in gradients[-4:]
    )


def test_losses_that_a_part_adds_count_for_each_block(monkeypatch):
    class Costly(Scale):
        def call(self, x):
            self.add_loss(ops.sum(ops.square(self.weight)))
            return super().call(x)

    stack = blocks(Costly)
    assert num_traces(equals_one_by_one(stack, monkeypatch)) == 1


def test_states_that_a_part_updates_are_its_own(monkeypatch):
    stack = blocks(lambda: keras.layers.BatchNormalization())
    graph = step_of(stack)[1]
    means = [ops.convert_to_numpy(block.feed_forward.moving_mean) for block in stack]
    assert num_traces(graph) == 1 and all(np.abs(mean).sum() > 0 for mean in means)
    assert (means[0] != means[1]).any()


def test_a_part_that_draws_from_keras_own_generator_is_traced_each_time():
    class Noisy(Scale):
        def call(self, x):
            return x + keras.random.normal(ops.shape(x))

    stack = blocks(Noisy)
    assert num_traces(step_of(stack)[1]) == 0


def test_a_part_that_keeps_a_tensor_is_traced_each_time(monkeypatch):
    import tensorflow as tf

    class Keeping(Scale):
        def call(self, x):
            self.seen = x
            return super().call(x)

    stack = blocks(Keeping)
    model = keras.Sequential([keras.Input(ROWS.shape[1:]), *stack])

    @tf.function
    def step(rows):
        model(rows, training=True)
        return [block.feed_forward.seen for block in stack]

    assert [x.shape for x in step(tf.constant(ROWS))] == [ROWS.shape] * 3


def test_outside_of_training_and_of_graphs_nothing_is_shared():
    import tensorflow as tf

    stack = blocks()
    model = keras.Sequential([keras.Input(ROWS.shape[1:]), *stack])
    concrete = tf.function(lambda rows: model(rows, training=False)).get_concrete_function(tf.constant(ROWS))
    before = len(shared_trace._traces)
    model(ROWS, training=True)
    assert concrete.graph not in shared_trace._traces and len(shared_trace._traces) == before


def test_traces_go_with_their_graph():
    graph = weakref.ref(step_of(blocks())[1])
    gc.collect()
    assert graph() is None
