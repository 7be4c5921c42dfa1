"""Puts the norm of the gradients into the logs."""

from typing import Any

import keras

from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs


class GradientNorm(keras.callbacks.Callback):
    """Publishes `gradient_norm`, the global norm of the gradients before clipping, as `AdamW` keeps it.

    It is read after every tenth step by default: each reading waits for the device, and on JAX fetches the state of
    the whole model. The log of an epoch has the mean of what was read in it.

    Args:
        every: steps between two readings. Default 10.

    Raises:
        ValueError: at the start of training with an optimizer that keeps no `gradient_norm`.

    Example:
        >>> from bert_keras.training.callbacks import GradientNorm
        >>> callbacks = [GradientNorm(every=1)]  # for model.fit, compiled with bert_keras.training.AdamW
    """

    def __init__(self, every: int = 10):
        super().__init__()
        self.every = every
        self._interval, self._values = None, []

    def get_state(self) -> dict[str, Any]:
        return {"interval": self._interval, "values": self._values}

    def set_state(self, state: dict[str, Any]) -> None:
        self._interval, self._values = state["interval"], list(state["values"])

    def on_train_begin(self, logs: Logs = None) -> None:
        if not hasattr(self._optimizer(), "gradient_norm"):
            raise ValueError(
                "GradientNorm reads the norm that bert_keras.training.AdamW keeps; the model was compiled with "
                f"{type(self.model.optimizer).__name__}."
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._interval, self._values = None, []

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if batch // self.every != self._interval:
            self._interval = batch // self.every
            self._values.append(float(read_variable(self._optimizer().gradient_norm)))
        logs["gradient_norm"] = self._values[-1]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._values:
            logs["gradient_norm"] = sum(self._values) / len(self._values)

    def _optimizer(self):
        optimizer = self.model.optimizer
        return getattr(optimizer, "inner_optimizer", optimizer)  # mixed_float16 wraps it to scale the loss
