"""Training that fits into a budget of time."""

import time
from collections.abc import Callable
from typing import Any

import keras

from bert_keras.types import Logs


class TimeBudget(keras.callbacks.Callback):
    """Stops training when its minutes are used up, and makes the learning rate follow the share of them that is.

    The minutes count from the start of `fit`, compilation and validation included. Training stops early enough for
    what follows the last epoch to fit in, as long as the last pause between two epochs took (validation, saving,
    probes). The schedule follows `share`, from 0 to 1: it stands still during the first execution, in which the step
    is compiled, and between epochs, and then runs so much faster that it ends with the training.

    `seconds_used` and `share` go on over several calls of `fit`, and over several processes with `SaveAndResume`.

    Args:
        minutes: minutes of the clock for all calls of `fit`.
        schedule: schedule such as `WarmupLinearDecay`, whose `total_steps` stand for the whole budget, or None: the
            optimizer's rate is left alone. With it, `learning_rate` is published, and the optimizer must have been
            given a number. 1000 total steps are fine enough, whatever the number of real ones.
        clock: function that tells the seconds; `time.process_time` counts what the processor does for this process
            alone, on all its cores, whatever else the machine is busy with. Default the wall clock.

    Raises:
        ValueError: at the start of training where both have a schedule.

    Example:
        >>> from bert_keras.training import WarmupLinearDecay
        >>> from bert_keras.training.callbacks import TimeBudget
        >>> budget = TimeBudget(4.0, WarmupLinearDecay(1e-3, total_steps=1000, warmup_steps=100))

    Reference:
        [Izsak et al., 2021](https://arxiv.org/abs/2104.07705), section 4.3: a schedule over the time budget.
    """

    def __init__(
        self, minutes: float, schedule: keras.optimizers.schedules.LearningRateSchedule | None = None, *,
        clock: Callable[[], float] = time.monotonic,
    ):  # fmt: skip
        super().__init__()
        self.minutes = minutes
        self.schedule = schedule
        self.clock = clock
        self.seconds_used = self.share = 0.0

    def get_state(self) -> dict[str, Any]:
        return {"seconds_used": self.clock() - self._start, "share": self.share}

    def set_state(self, state: dict[str, Any]) -> None:
        self._start -= state["seconds_used"]  # what this process took until now counts as well
        self.share = state["share"]

    def on_train_begin(self, logs: Logs = None) -> None:
        self._start = self.clock() - self.seconds_used
        self._last_batch_end, self._pause, self._schedule_step = None, 0.0, None
        if self.schedule and not isinstance(self.model.optimizer.learning_rate, keras.Variable):
            raise ValueError(
                "TimeBudget sets the learning rate from its own schedule, so the optimizer needs a plain number, "
                "such as AdamW(1e-3); it has a schedule too."
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self._last_batch_end is not None:
            self._pause = self.clock() - self._last_batch_end
            self._last_batch_end += self._pause

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        step = self.schedule and min(int(self.share * self.schedule.total_steps), self.schedule.total_steps - 1)
        if step != self._schedule_step:
            self._schedule_step = step
            self._rate = float(self.schedule(step))
            self.model.optimizer.learning_rate = self._rate

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        now, deadline = self.clock(), self._deadline()
        if self._last_batch_end is not None:
            seconds, left = now - self._last_batch_end, max(deadline - self._last_batch_end, 1e-9)
            self.share += (1.0 - self.share) * min(seconds / left, 1.0)
        self._last_batch_end, self.seconds_used = now, now - self._start
        self._publish(logs)
        if now >= deadline:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._publish(logs)
        if self.clock() >= self._deadline():
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        self.seconds_used = self.clock() - self._start

    def _deadline(self):
        return self._start + self.minutes * 60 - self._pause

    def _publish(self, logs):
        if self.schedule:
            logs["learning_rate"] = self._rate
