"""Watches the steps that the optimizer skipped because their gradients were not finite."""

import collections
import logging
from typing import Any

import keras

from bert_keras.training.callbacks.save_and_resume import SaveAndResume
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs

_logger = logging.getLogger(__name__)


class SkippedSteps(keras.callbacks.Callback):
    """Publishes `skipped_steps`, goes back to the last good state after too many in a row, and stops after that.

    One bad batch costs its own step: `AdamW` leaves it out. Many in a row mean that the model itself has gone wrong.
    Then weights and optimizer are set back to the last state of `SaveAndResume`, and training resumes with the batches
    that follow: those that did the harm are left out. The counters are read every tenth step by default, as each
    reading waits for the device.

    Args:
        saving: the `SaveAndResume` of the run, or None: then training stops at once.
        most_in_a_row: how many steps in a row may be skipped. Default 10.
        most_rollbacks: how often to go back before training stops. Default 2.
        every: steps between two readings. Default 10.

    Raises:
        RuntimeError: when training stops, with the step, the position in the epoch and the last gradient norms.
        ValueError: at the start of training with an optimizer that skips no steps.

    Example:
        >>> from bert_keras.training.callbacks import SkippedSteps
        >>> callbacks = [SkippedSteps()]  # for model.fit, compiled with bert_keras.training.AdamW
    """

    def __init__(
        self, saving: SaveAndResume | None = None, most_in_a_row: int = 10, most_rollbacks: int = 2, every: int = 10
    ):
        super().__init__()
        self.saving = saving
        self.most_in_a_row = most_in_a_row
        self.most_rollbacks = most_rollbacks
        self.every = every
        self.num_rollbacks = 0
        self._norms = collections.deque(maxlen=20)

    def get_state(self) -> dict[str, Any]:
        return {"num_rollbacks": self.num_rollbacks}

    def set_state(self, state: dict[str, Any]) -> None:
        self.num_rollbacks = state["num_rollbacks"]

    def on_train_begin(self, logs: Logs = None) -> None:
        self._steps = 0
        if hasattr(self.model.optimizer, "inner_optimizer"):
            raise ValueError(
                "SkippedSteps has nothing to count under mixed_float16, whose LossScaleOptimizer leaves out steps that "
                "are not finite by itself."
            )
        if not hasattr(self.model.optimizer, "skipped_steps"):
            raise ValueError(
                "SkippedSteps reads what bert_keras.training.AdamW counts; the model was compiled with "
                f"{type(self.model.optimizer).__name__}."
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch, self._batches = epoch, 0

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        steps_before, self._steps = self._steps, self._steps + batch + 1 - self._batches
        self._batches = batch + 1
        if self._steps // self.every == steps_before // self.every:
            return
        optimizer = self.model.optimizer
        self._norms.append(float(read_variable(optimizer.gradient_norm)))
        skipped_in_a_row = int(read_variable(optimizer.skipped_in_a_row))
        if skipped_in_a_row < self.most_in_a_row:
            return
        report = (
            f"{skipped_in_a_row} steps in a row had gradients that are not finite, until step "
            f"{int(read_variable(optimizer.iterations))} (epoch {self._epoch + 1}, batch {batch + 1} "
            f"in it); the last gradient norms, every {self.every} steps: "
            f"{', '.join(f'{norm:.3g}' for norm in self._norms)}"
        )
        if self.saving is None or self.num_rollbacks >= self.most_rollbacks or not self.saving.roll_back():
            raise RuntimeError(
                f"{report}. A lower learning rate, a longer warm-up or float32 may help; the data before this batch "
                "may be at fault."
            )
        self.num_rollbacks += 1
        _logger.warning(
            "%s. Went back to the last good state (%d of %d)", report, self.num_rollbacks, self.most_rollbacks
        )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs["skipped_steps"] = int(read_variable(self.model.optimizer.skipped_steps))
