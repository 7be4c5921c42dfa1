import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import dropout
from bert_keras.ops.dropout import hash_noise, round_keys

NATIVE = keras.config.backend() == "torch"


def dropped(shape=(64, 100), rate=0.25, seed=1):
    return ops.convert_to_numpy(dropout(ops.ones(shape), rate, seed))


def test_drops_its_share_and_scales_the_rest():
    outputs = dropped()
    assert abs((outputs == 0).mean() - 0.25) < 0.02
    np.testing.assert_allclose(outputs[outputs != 0], 1 / 0.75, rtol=1e-6)


def test_without_a_rate_nothing_changes_and_with_all_of_it_nothing_stays():
    assert dropped(rate=0.0).min() == 1
    assert dropped(rate=1.0).max() == 0


def test_an_int_gives_the_same_noise_again_and_a_generator_other_noise():
    np.testing.assert_array_equal(dropped(seed=3), dropped(seed=3))
    assert (dropped(seed=3) != dropped(seed=4)).any()
    generator = keras.random.SeedGenerator(3)
    assert (dropped(seed=generator) != dropped(seed=generator)).any()


def test_gradients_pass_where_the_inputs_did():
    class Layer(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=shape[1:], initializer="ones")

        def call(self, inputs):
            return dropout(inputs * self.scale, 0.5, 7)

    inputs = keras.Input((100,))
    layer = Layer()
    model = keras.Model(inputs, layer(inputs))
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=lambda y, x: ops.sum(x))
    before = ops.convert_to_numpy(model(np.ones((1, 100), "float32")))
    model.fit(np.ones((1, 100)), np.ones((1, 100)), verbose=0)
    np.testing.assert_allclose(1 - ops.convert_to_numpy(layer.scale), before[0], rtol=1e-5)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow has a gradient of its own for it")
def test_a_training_step_drops_the_same_elements_each_way_and_draws_their_noise_once():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], "float32")])
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = dropout(x, 0.25, 7)
        return outputs, tape.gradient(outputs, x)

    x = np.linspace(1, 2, 400).astype("float32")
    outputs, slopes = step(tf.constant(x))
    np.testing.assert_array_equal(outputs, ops.convert_to_numpy(dropout(ops.convert_to_tensor(x), 0.25, 7)))
    np.testing.assert_allclose(slopes, np.where(outputs.numpy() != 0, 1 / 0.75, 0), rtol=1e-6)
    kinds = [node.type for node in step.get_concrete_function().graph.get_operations()]
    assert kinds.count("GreaterEqual") == 1 and "BroadcastGradientArgs" not in kinds


@pytest.mark.skipif(NATIVE, reason="torch drops by itself")
def test_the_noise_is_that_of_murmurhash():
    def mixed(x):
        x = (x ^ x >> 16) * 0x85EBCA6B % 2**32
        x = (x ^ x >> 13) * 0xC2B2AE35 % 2**32
        return x ^ x >> 16

    first = mixed((5 + mixed(0x9E3779B9)) % 2**32)
    second = mixed((first + 0x9E3779B9) % 2**32)
    expected = []
    for index in range(6):
        x = (index * 0x9E3779B9 + first) % 2**32
        x = ((x ^ x >> 16) * 0x85EBCA6B + second) % 2**32
        x = (x ^ x >> 13) * 0xC2B2AE35 % 2**32
        expected.append(x ^ x >> 16)
    noise = ops.convert_to_numpy(hash_noise((2, 3), *round_keys(5)))
    assert noise.dtype == "uint32"
    assert noise.ravel().tolist() == expected


@pytest.mark.skipif(NATIVE, reason="torch drops by itself")
def test_noise_of_neighbours_layers_and_steps_is_unrelated():
    generators = [keras.random.SeedGenerator(seed) for seed in (0, 1, 2)]
    rows = [ops.convert_to_numpy(hash_noise((20000,), *round_keys(g))) / 2**32 for g in generators for _ in range(3)]
    rows += [rows[0][np.r_[shift:20000, :shift]] for shift in (1, 2, 64, 128, 256)]
    correlations = np.corrcoef(rows) - np.eye(len(rows))
    assert abs(correlations).max() < 0.03  # 4 standard deviations of what chance gives
    assert all(abs(np.histogram(row, 16)[0] - 1250).max() < 160 for row in rows)
    bits = np.unpackbits((rows[0] * 2**32).astype("uint32").view("uint8")).reshape(-1, 32)
    assert abs(bits.mean(0) - 0.5).max() < 0.02
