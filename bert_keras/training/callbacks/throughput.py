"""Puts the speed of training into the logs."""

import collections
import time
from typing import Any

import keras

from bert_keras.types import Logs


class Throughput(keras.callbacks.Callback):
    """Publishes `tokens_per_second`: real tokens trained on, padding not counted, over time in training.

    The first execution, in which the step is compiled, is left out, and so is what happens between epochs: validation,
    saving, probes. A step's log has the mean of the last executions, an epoch's log that of the epoch. The model must
    publish `tokens_per_step`, as `TokenStatistics` makes it do.

    Args:
        window: number of executions that a step's value is averaged over. Default 20.

    Raises:
        ValueError: after the first step of a model without `tokens_per_step`.

    Example:
        >>> from bert_keras.training.callbacks import Throughput
        >>> callbacks = [Throughput()]  # for model.fit; the logs of later callbacks have `tokens_per_second`
    """

    def __init__(self, window: int = 20):
        super().__init__()
        self.window = window

    def get_state(self) -> dict[str, Any]:
        return {"tokens": self._last[1], "epoch_seconds": self._seconds, "epoch_tokens": self._tokens}

    def set_state(self, state: dict[str, Any]) -> None:
        self._last = (time.perf_counter(), state["tokens"])
        self._seconds, self._tokens = state["epoch_seconds"], state["epoch_tokens"]

    def on_train_begin(self, logs: Logs = None) -> None:
        self._is_compiled = False
        self._last, self._seconds, self._tokens = (0.0, 0.0), 0.0, 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._last = (time.perf_counter(), 0.0)  # when the last execution ended, and the epoch's tokens until then
        self._recent = collections.deque(maxlen=self.window)
        self._seconds = self._tokens = 0.0

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if "tokens_per_step" not in logs:
            raise ValueError(
                "Throughput counts the tokens in `tokens_per_step`, which models get from "
                f"bert_keras.training.TokenStatistics; this model's logs have: {', '.join(logs)}."
            )
        now, tokens = time.perf_counter(), logs["tokens_per_step"] * (batch + 1)
        seconds, trained = now - self._last[0], tokens - self._last[1]
        self._last = (now, tokens)
        if self._is_compiled:
            self._recent.append((seconds, trained))
            self._seconds += seconds
            self._tokens += trained
            seconds, trained = (sum(x) for x in zip(*self._recent, strict=True))
            logs["tokens_per_second"] = trained / seconds
        self._is_compiled = True

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._seconds:
            logs["tokens_per_second"] = self._tokens / self._seconds
