"""Curves for TensorBoard over the steps of a run."""

import collections
import os
from typing import Any

import keras
import numpy as np

from bert_keras.keras_internals import batch_counter
from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs

_ABOUT_THE_STEP = ("gradient_norm", "learning_rate", "padding_share", "tokens_per_second", "tokens_per_step")


class StepTensorBoard(keras.callbacks.Callback):
    """Writes all that is in the logs for TensorBoard, by step: runs `train` and `validation` with the same tags.

    `keras.callbacks.TensorBoard` writes batch values as means over the epoch so far, which jump at its end; here each
    point is the mean over the steps since the last one. A metric of several numbers, such as one for each class, has no
    curve. What belongs together stands together: `mlm_loss` becomes
    `mlm/loss`, `learning_rate` becomes `step/learning_rate`. Needs no TensorFlow. Put it last, so that it sees what the
    other callbacks publish.

    Args:
        log_dir: folder for `tensorboard --logdir`.
        every: steps between two points. Default 10.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import LearningRate, StepTensorBoard
        >>> callbacks = [LearningRate(), StepTensorBoard(tempfile.mkdtemp(), every=50)]  # for model.fit
    """

    def __init__(self, log_dir: str | os.PathLike, every: int = 10):
        super().__init__()
        self.log_dir = str(log_dir)
        self.every = every

    def get_state(self) -> dict[str, Any]:
        means = None if self._running_means is None else sorted(self._running_means)
        state = {"sums": dict(self._sums), "counts": dict(self._counts), "totals": self._totals, "means": means}
        return state | {"batches": self._batches, "first_step": self._first_step, "step": self._step}

    def set_state(self, state: dict[str, Any]) -> None:
        self._sums, self._counts = collections.Counter(state["sums"]), collections.Counter(state["counts"])
        self._totals, self._running_means = dict(state["totals"]), state["means"] and set(state["means"])
        self._batches, self._first_step, self._step = state["batches"], state["first_step"], state["step"]
        for writer in (self._train, self._validation):
            writer.drop_after(self._step)  # points of a run that was stopped, which now come again

    def on_train_begin(self, logs: Logs = None) -> None:
        self._train = EventWriter(os.path.join(self.log_dir, "train"))
        self._validation = EventWriter(os.path.join(self.log_dir, "validation"))
        self._sums, self._counts, self._running_means = collections.Counter(), collections.Counter(), None
        self._batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._first_step = self._step = int(read_variable(batch_counter(self.model.optimizer)))
        self._batches = 0
        self._totals = {}

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._running_means is None:
            self._running_means = _running_means(self.model)
        batches = batch + 1
        new = batches - self._batches
        for name, value in _numbers(logs):
            total = value * batches if name in self._running_means else self._totals.get(name, 0.0) + value * new
            self._sums[name] += total - self._totals.get(name, 0.0)
            self._totals[name] = total
            self._counts[name] += new
        self._batches, last_step = batches, self._step
        self._step = self._first_step + batches
        if self._step // self.every > last_step // self.every:
            self._write_interval()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for name, value in _numbers(logs):
            if name.startswith("val_"):
                self._validation.scalar(_tag(name.removeprefix("val_"), logs), value, self._step)
            elif name not in self._totals:
                self._train.scalar(_tag(name, logs), value, self._step)

    def on_train_end(self, logs: Logs = None) -> None:
        self._write_interval()

    def _write_interval(self):
        for name, total in self._sums.items():
            self._train.scalar(_tag(name, self._sums), total / self._counts[name], self._step)
        self._sums.clear()
        self._counts.clear()


def _numbers(logs):
    return [(name, value) for name, value in logs.items() if not np.ndim(value)]


def _tag(name, logs):
    """Put an output's own losses and metrics under its name, and what the model has learned before how it went."""
    output, _, rest = name.partition("_")
    if f"{output}_loss" in logs:
        return f"{output}/{rest}"
    return f"step/{name}" if name in _ABOUT_THE_STEP else name


def _running_means(model):
    """Return the names in the logs that Keras averages over the epoch so far."""
    names = set()
    for metric in model.metrics:
        result = metric.result()
        # Those given to `compile` come as one metric, whose result is a dict.
        results = result if isinstance(result, dict) else [metric.name]
        parts = getattr(metric, "metrics", [metric] * len(results))
        parts = (getattr(part, "metric", part) for part in parts)  # of one that counts rows
        names.update(name for name, part in zip(results, parts, strict=False) if isinstance(part, keras.metrics.Mean))
    return names
