import keras
import numpy as np
from keras import ops

from bert_keras.layers import LayerNormalization

INPUTS = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")


def test_is_the_same_in_training_and_without():
    layer = LayerNormalization(epsilon=1e-12)
    trained, plain = (ops.convert_to_numpy(layer(INPUTS, training=training)) for training in (True, False))
    np.testing.assert_allclose(trained, plain, rtol=1e-5, atol=1e-6)


def test_other_axes_and_no_scale_are_keras_own():
    of_keras = [{"axis": (1, 2)}, {"scale": False}, {"center": False}, {"axis": 2}]
    if keras.config.backend() != "torch":  # there Keras 3.15 itself norms axes at the end alone
        of_keras.append({"axis": 1})
    for options in of_keras:
        ours = LayerNormalization(**options)(INPUTS, training=True)
        theirs = keras.layers.LayerNormalization(**options)(INPUTS)
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (ours, theirs)), rtol=1e-5, atol=1e-6)


def test_comes_back_from_its_config():
    layer = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(LayerNormalization(epsilon=0.5)))
    assert (type(layer), layer.epsilon) == (LayerNormalization, 0.5)
