import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import Dense

INPUTS = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")


def test_is_keras_dense_layer_in_training_and_without():
    for options in ({}, {"use_bias": False}, {"activation": "relu"}, {"feeds_activation": True}):
        ours = Dense(5, kernel_initializer=keras.initializers.RandomNormal(seed=1), **options)
        options.pop("feeds_activation", None)
        theirs = keras.layers.Dense(5, kernel_initializer=keras.initializers.RandomNormal(seed=1), **options)
        expected = ops.convert_to_numpy(theirs(INPUTS))
        for training in (True, False):
            outputs = ops.convert_to_numpy(ours(INPUTS, training=training))
            np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_takes_low_rank_adapters_as_keras_layer_does():
    layer = Dense(5)
    layer.build((None, 8))
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones((2, 5), "float32"))
    expected = INPUTS @ ops.convert_to_numpy(layer.kernel) + ops.convert_to_numpy(layer.bias)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(INPUTS, training=True)), expected, rtol=1e-5, atol=1e-5)


def test_comes_back_from_its_config():
    layer = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Dense(5, feeds_activation=True)))
    assert (type(layer), layer.units, layer.feeds_activation) == (Dense, 5, True)


@pytest.mark.skipif(keras.config.backend() == "torch", reason="Keras quantizes on TensorFlow and JAX")
def test_is_quantized_as_keras_layer_is():
    ours, theirs = (
        layer(5, kernel_initializer=keras.initializers.RandomNormal(seed=1)) for layer in (Dense, keras.layers.Dense)
    )
    for layer in (ours, theirs):
        layer.build((None, 8))
        layer.quantize("int8")
    np.testing.assert_array_equal(*(ops.convert_to_numpy(layer.kernel) for layer in (ours, theirs)))
    np.testing.assert_array_equal(*(ops.convert_to_numpy(layer(INPUTS)) for layer in (ours, theirs)))


def test_a_subclass_is_not_quantized_unless_it_says_so():
    class Own(Dense):
        pass

    layer = Own(5)
    layer.build((None, 8))
    with pytest.raises(NotImplementedError):
        layer.quantize("int8")
