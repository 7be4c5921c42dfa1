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
