import json

import keras
import numpy as np
import pytest

from bert_keras.training.resuming.callback_states import read_callback_states, restore_callback_states


class Remembers(keras.callbacks.Callback):
    def __init__(self, **state):
        super().__init__()
        self.state = state

    def get_state(self):
        return self.state

    def set_state(self, state):
        self.state = state


class Shows(Remembers):
    only_shows = True


class ShowsToo(Shows):
    pass


def test_callbacks_that_only_show_come_and_go_and_the_others_get_their_own_state():
    callbacks = [Shows(of="gone"), Remembers(weights=[np.ones(2)]), ShowsToo(of="kept")]
    states = read_callback_states(callbacks)
    lasting, kept, new = Remembers(), ShowsToo(), Shows(of="new")
    restore_callback_states([kept, lasting], *states)
    assert lasting.state["weights"][0].tolist() == [1.0, 1.0] and kept.state == {"of": "kept"}
    restore_callback_states([lasting, new], *read_callback_states([Remembers(a=1)]))
    assert (lasting.state, new.state) == ({"a": 1}, {"of": "new"})


def test_a_callback_that_does_more_than_show_must_be_there_again():
    with pytest.raises(ValueError, match="saved with the callbacks Remembers; .* received: ."):
        restore_callback_states([Shows()], *read_callback_states([Shows(), Remembers()]))


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
