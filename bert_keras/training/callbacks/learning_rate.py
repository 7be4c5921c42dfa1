"""Puts the learning rate into the logs."""

from typing import Any

import keras

from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs


class LearningRate(keras.callbacks.Callback):
    """Publishes `learning_rate`, the rate of the step, whether it comes from a schedule or from a callback.

    It is read before every tenth step by default: each reading waits for the device, and on JAX fetches the state of
    the whole model. A `TimeBudget`, which sets the rate itself, publishes it at every step.

    Args:
        every: steps between two readings. Default 10.

    Example:
        >>> from bert_keras.training.callbacks import LearningRate
        >>> callbacks = [LearningRate()]  # for model.fit; the logs of later callbacks have `learning_rate`
    """

    def __init__(self, every: int = 10):
        super().__init__()
        self.every = every
        self._interval = self._value = None

    def get_state(self) -> dict[str, Any]:
        return {"interval": self._interval, "value": self._value}

    def set_state(self, state: dict[str, Any]) -> None:
        self._interval, self._value = state["interval"], state["value"]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._interval = None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if batch // self.every != self._interval:
            self._interval = batch // self.every
            self._value = float(read_variable(self.model.optimizer.learning_rate))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        logs.setdefault("learning_rate", self._value)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs.setdefault("learning_rate", self._value)
