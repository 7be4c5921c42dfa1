"""Callbacks that are told the number of a batch in its epoch, also where the epoch began in another process."""

from collections.abc import Callable, Iterable

import keras

from bert_keras.types import Logs


class NumberedCallbacks(keras.callbacks.Callback):
    """Passes everything on to other callbacks, but numbers of batches, which Keras counts from 0 in every process.

    Unlike `keras.callbacks.CallbackList` it passes the logs on themselves, so that later callbacks see what these
    publish.

    Args:
        callbacks: the callbacks.
        number_in_epoch: function from Keras' number of a batch to its number in the epoch.
    """

    def __init__(self, callbacks: Iterable[keras.callbacks.Callback], number_in_epoch: Callable[[int], int]):
        super().__init__()
        self.callbacks = list(callbacks)
        self.number_in_epoch = number_in_epoch

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._tell("on_train_batch_begin", self.number_in_epoch(batch), logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._tell("on_train_batch_end", self.number_in_epoch(batch), logs)

    def _tell(self, hook, *arguments, **keywords):
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments, **keywords)


def _passed_on(hook):
    def tell(self, *arguments, **keywords):
        getattr(super(NumberedCallbacks, self), hook)(*arguments, **keywords)
        self._tell(hook, *arguments, **keywords)

    return tell


for _hook in (
    "set_params", "set_model", "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end",
    "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end",
):  # fmt: skip
    setattr(NumberedCallbacks, _hook, _passed_on(_hook))
