import keras
import numpy as np
import pytest

from bert_keras.inference.runtimes.weights_watch import WeightsWatch


@pytest.mark.parametrize("head", range(12))
def test_a_head_whose_rows_alone_change_is_seen_and_so_is_its_return(head):
    network = keras.Sequential([keras.Input((768,)), keras.layers.Dense(5), keras.layers.Dense(1)])
    kernel, watch = network.layers[0].kernel, WeightsWatch(network)
    before = np.array(keras.ops.convert_to_numpy(kernel))
    silent = before.copy()
    silent[64 * head : 64 * (head + 1)] = 0
    kernel.assign(silent)
    assert watch.has_changed() and not watch.has_changed()
    kernel.assign(before)
    assert watch.has_changed()
