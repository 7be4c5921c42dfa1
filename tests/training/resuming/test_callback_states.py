import json

import keras
import numpy as np

from bert_keras.training.resuming.callback_states import read_callback_states, restore_callback_states


class Remembers(keras.callbacks.Callback):
    def __init__(self, **state):
        super().__init__()
        self.state = state

    def get_state(self):
        return self.state

    def set_state(self, state):
        self.state = state


def test_weights_in_bfloat16_come_back_as_they_were():
    callback = keras.callbacks.EarlyStopping(restore_best_weights=True)
    weights = keras.ops.convert_to_numpy(keras.ops.cast([1.5, -2.0], "bfloat16"))
    callback.on_train_begin()
    callback.best_weights = [weights]
    states, arrays = read_callback_states([callback])
    assert all(array.dtype.isbuiltin == 1 for array in arrays.values())
    other = keras.callbacks.EarlyStopping(restore_best_weights=True)
    restore_callback_states([other], json.loads(json.dumps(states)), arrays)
    assert other.best_weights[0].dtype == weights.dtype and other.best_weights[0].tolist() == weights.tolist()


def test_what_was_read_does_not_change_when_the_callback_goes_on():
    callback = Remembers(values=[1.0], nested={"a": [2]}, weights=[np.zeros(2)])
    states, arrays = read_callback_states([callback])
    callback.state["values"].append(3.0)
    callback.state["nested"]["a"].append(4)
    callback.state["weights"][0] += 1
    other = Remembers()
    restore_callback_states([other], states, arrays)
    assert other.state.pop("weights")[0].tolist() == [0.0, 0.0]
    assert other.state == {"values": [1.0], "nested": {"a": [2]}}
