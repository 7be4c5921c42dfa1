import math

import keras
import numpy as np
from keras import ops

from bert_keras.ops import gelu_tanh, get_activation

POINTS = np.linspace(-4, 4, 17).astype("float32")


def test_gelu_is_the_exact_one():
    exact = [0.5 * x * (1 + math.erf(x / math.sqrt(2))) for x in POINTS]
    np.testing.assert_allclose(ops.convert_to_numpy(get_activation("gelu")(POINTS)), exact, atol=1e-6)


def test_gelu_tanh_is_the_one_of_googles_code():
    approximate = [0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) for x in POINTS]
    np.testing.assert_allclose(ops.convert_to_numpy(get_activation("gelu_tanh")(POINTS)), approximate, atol=1e-6)


def test_the_config_of_gelu_tanh_leads_back_to_it():
    assert get_activation(keras.activations.serialize(gelu_tanh)) is gelu_tanh
