import keras
import numpy as np
from keras import ops

from bert_keras.layers.initializers import fresh_initializer


def test_the_default_is_berts():
    values = ops.convert_to_numpy(fresh_initializer()((1000, 10)))
    assert abs(values).max() <= 0.04  # cut at two standard deviations
    assert abs(values.std() - 0.0176) < 0.001  # what is left of 0.02 after the cut


def test_each_call_gives_other_numbers():
    for initializer in (None, "glorot_uniform", keras.initializers.RandomNormal()):
        first, second = (ops.convert_to_numpy(fresh_initializer(initializer)((4, 4))) for _ in range(2))
        assert not np.array_equal(first, second)
