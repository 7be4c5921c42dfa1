import keras
import numpy as np
from keras import ops

from bert_keras.layers import Dropout


def test_drops_in_training_alone():
    layer, inputs = Dropout(0.5, seed=0), np.ones((4, 50), "float32")
    assert ops.convert_to_numpy(layer(inputs)).min() == 1
    outputs = ops.convert_to_numpy(layer(inputs, training=True))
    assert set(outputs.ravel().tolist()) == {0.0, 2.0}
    assert (outputs != ops.convert_to_numpy(layer(inputs, training=True))).any()


def test_takes_a_noise_shape_as_keras_does():
    outputs = ops.convert_to_numpy(
        Dropout(0.5, noise_shape=(None, 1), seed=0)(np.ones((8, 3), "float32"), training=True)
    )
    assert (outputs == outputs[:, :1]).all()


def test_comes_back_from_its_config():
    layer = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Dropout(0.25, seed=3)))
    assert (type(layer), layer.rate, layer.seed) == (Dropout, 0.25, 3)
