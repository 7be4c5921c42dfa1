import keras
import numpy as np
from keras import ops

from bert_keras.layers.initializers import fresh_initializer, values_follow


def test_the_default_is_berts():
    values = ops.convert_to_numpy(fresh_initializer()((1000, 10)))
    assert abs(values).max() <= 0.04  # cut at two standard deviations
    assert abs(values.std() - 0.0176) < 0.001  # what is left of 0.02 after the cut


def test_each_call_gives_other_numbers():
    for initializer in (None, "glorot_uniform", keras.initializers.RandomNormal()):
        first, second = (ops.convert_to_numpy(fresh_initializer(initializer)((4, 4))) for _ in range(2))
        assert not np.array_equal(first, second)


def test_where_values_follow_nothing_is_drawn_but_seeds():
    def draw():
        with values_follow():
            waiting = fresh_initializer()
            before = ops.convert_to_numpy(waiting((4, 4), "float32"))
        return before, *(ops.convert_to_numpy(each((4, 4), "float32")) for each in (waiting, fresh_initializer()))

    keras.utils.set_random_seed(1)
    zeros, first, second = draw()
    assert not zeros.any()
    keras.utils.set_random_seed(1)
    for expected in (first, second):
        np.testing.assert_array_equal(fresh_initializer()((4, 4), "float32"), expected)


def test_the_default_goes_through_a_config():
    initializer = fresh_initializer()
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config()
