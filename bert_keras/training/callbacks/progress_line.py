"""Prints how training goes, one short line an epoch."""

import time
from collections.abc import Callable
from typing import Any

import keras

from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs


class ProgressLine(keras.callbacks.Callback):
    """Prints one line an epoch: time, optimizer steps, and the chosen values, training before validation.

    For `fit(verbose=0)`. Keras' own line names every value that a callback publishes, which here makes some 450
    characters. Put it after the callbacks whose values it shows; a value that is not there, as the speed of an epoch of
    one step, is a dash, and one that only validation has says so.

    Args:
        *names: keys of the logs, without `val_`. Default: `loss`.
        write: what gets each line. Default `print`.

    Example:
        >>> from bert_keras.training.callbacks import ProgressLine
        >>> line = ProgressLine("mlm_accuracy", "tokens_per_second")
        >>> # model.fit(train, verbose=0, callbacks=[Throughput(), line]) prints lines such as
        >>> # 01:24  step 500  mlm_accuracy 0.152 (validation 0.149)  tokens_per_second 8,793
    """

    def __init__(self, *names: str, write: Callable[[str], Any] = print):
        super().__init__()
        self.names = names or ("loss",)
        self.write = write

    def on_train_begin(self, logs: Logs = None) -> None:
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        parts = [f"{minutes:02}:{seconds:02}", f"step {int(read_variable(self.model.optimizer.iterations)):,}"]
        for name in self.names:
            train, validation = logs.get(name), logs.get(f"val_{name}")
            if train is None and validation is not None:
                parts.append(f"validation {name} {_short(validation)}")
            else:
                behind = "" if validation is None else f" (validation {_short(validation)})"
                parts.append(f"{name} {'-' if train is None else _short(train)}{behind}")
        self.write("  ".join(parts))


def _short(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 0.1 else f"{value:.3f}"
