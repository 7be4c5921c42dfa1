"""What is kept of each training example, and that a resumed run has it."""

import numpy as np

from bert_keras.training.callbacks import ExampleRecorder
from bert_keras.training.resuming.callback_states import read_callback_states, restore_callback_states


def recorder(written, epochs):
    return ExampleRecorder(lambda: next(epochs), lambda *arrays: written.append(arrays))


def test_a_run_that_was_stopped_between_two_epochs_writes_what_an_unbroken_one_does():
    epochs = [(np.array([0.1, 0.7]) * number, np.array([True, number > 1])) for number in (1, 2, 3)]
    unbroken, resumed = [], []
    whole = recorder(unbroken, iter(epochs))
    whole.on_train_begin()
    for number in range(3):
        whole.on_epoch_end(number)
    whole.on_train_end()

    stopped = recorder(resumed, iter(epochs[:2]))
    stopped.on_train_begin()
    stopped.on_epoch_end(0)
    stopped.on_epoch_end(1)
    states = read_callback_states([stopped])
    again = recorder(resumed, iter(epochs[2:]))
    again.on_train_begin()
    restore_callback_states([again], *states)
    again.on_epoch_end(2)
    again.on_train_end()
    for one, other in zip(unbroken[0], resumed[0], strict=True):
        assert one.dtype == other.dtype and one.tobytes() == other.tobytes()


def test_before_the_first_epoch_there_is_nothing_to_write_and_a_state_to_save():
    written = []
    callback = recorder(written, iter(()))
    callback.on_train_begin()
    restore_callback_states([callback], *read_callback_states([callback]))
    callback.on_train_end()
    assert not written
