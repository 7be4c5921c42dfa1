"""Saves all that a run needs to resume, and resumes where the last run of the same command was stopped."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras

from bert_keras.keras_internals import begin_at_epoch
from bert_keras.training.resuming.callback_states import end_swaps
from bert_keras.training.resuming.checkpointing import TrainingStates
from bert_keras.training.resuming.model_state import (
    begin_random_states,
    restore_torch_random_state,
    restore_trained,
    torch_random_state,
)
from bert_keras.training.resuming.numbered_callbacks import NumberedCallbacks
from bert_keras.training.resuming.resumption import Resumption, as_stored
from bert_keras.training.resuming.run import Run
from bert_keras.training.resuming.save_times import SaveTimes
from bert_keras.training.resuming.state_writer import StateWriter
from bert_keras.training.resuming.stop_signals import StopSignals
from bert_keras.types import Logs

_END_OF_EPOCH = object()  # what `stop_training` is set to where a resumed epoch ends: true, and known as ours


class SaveAndResume(keras.callbacks.Callback):
    """Makes a stopped run go on as if nothing had been, to the bit, when the same command is run again.

    Saved are weights, optimizer, schedule, metrics of the epoch under way, random states, the position in the data,
    the history, and what the other callbacks remember. A state is written to disk beside the training, whole or not
    at all, so a process killed at any moment leaves at least the state before. SIGTERM and Ctrl-C end the step under
    way, save, and exit with the command to go on; in validation they wait for its end. A run that was finished trains
    no further; `fit` then only gives the history.

    Two lines are needed: datasets begin at `step`, and `fit` gets the callbacks from `after`, which puts this one
    behind all others:

    ```python
    saving = callbacks.SaveAndResume(run_directory / "state")
    train = data.pretraining_dataset(..., start_step=saving.step)
    model.fit(train, ..., callbacks=saving.after([callbacks.LearningRate(), callbacks.StepTensorBoard(logs)]))
    ```

    `classification_dataset` takes `start_step` too; `bert_keras.data.resumed` lets any other tf.data pipeline begin
    there. docs/reliability.md says what is exact. Where Keras cannot know the length of an epoch (a generator without
    `steps_per_epoch`), states are saved at the ends of epochs only.

    Args:
        directory: folder for the states, one for each run.
        every_minutes: minutes between two states, or more where saving takes so long that it would cost over 4 % of
            the time. Default 10.
        every_steps: steps between two states, whatever that costs, instead of minutes.
        keep_last: how many states stay. Default 2.
        monitor: name in the logs, such as "val_loss": the state of the best epoch stays as well.
        mode: "min" or "max", what is best. Default "min".
        configuration: dict for JSON of what must not change between runs: seed, batch size, checksum of the corpus.

    Raises:
        OSError: if the folder cannot be written to, at the start of training; at its end if the last state could not
            be saved. In between a failed save is logged and tried again.
        ValueError: if JSON cannot hold the configuration, all states are damaged, the configuration, the model or the
            callbacks differ from those of the saved run, or there is a saved run and `step` was not asked for.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import SaveAndResume
        >>> SaveAndResume(tempfile.mkdtemp()).step
        0

    Reference:
        Resumption as Composer and MosaicML's streaming datasets have it, https://github.com/mosaicml/composer
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        *,
        every_minutes: float = 10.0,
        every_steps: int | None = None,
        keep_last: int = 2,
        monitor: str | None = None,
        mode: str = "min",
        configuration: dict[str, Any] | None = None,
    ):
        super().__init__()
        self.every_minutes = every_minutes
        self.every_steps = every_steps
        self.monitor = monitor
        self.mode = mode
        self.configuration = as_stored(configuration or {})
        self.states = TrainingStates(directory, keep_last)
        saved = self.states.load()
        self._run = Run(self.configuration, monitor, mode, saved)
        self._resumption = saved and Resumption(saved, directory, self.configuration)
        self._others, self._step_was_read = [], False
        self._signals = StopSignals()

    @property
    def step(self) -> int:
        """The training dataset's `start_step`: batches that were trained on, less those of the step to be repeated."""
        self._step_was_read = True
        return self._run.position.start_step

    def remember(self, name: str, make: Callable[[], Any]) -> Any:
        """Decide something once a run, such as a precision that is chosen by measuring.

        Args:
            name: str, what it is.
            make: function without arguments whose result JSON can hold; called if the run has not decided yet.

        Returns:
            what was decided when the run began.
        """
        return self._run.remember(name, make)

    def after(self, callbacks: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
        """Put this callback behind others, whose states it saves, and whose batches it numbers by their epoch.

        Keras counts the batches of a resumed epoch from 0; the callbacks are told the number that a batch has in the
        epoch.

        Args:
            callbacks: list of callbacks.

        Returns:
            list for `fit(callbacks=...)`.
        """
        self._others = list(callbacks)
        return [NumberedCallbacks(self._others, self._run.position.number_in_epoch), self]

    def roll_back(self) -> bool:
        """Set weights and optimizer back to the last state on disk; the step and the position in the data stay.

        Returns:
            bool, False if there is no state yet.
        """
        self._writer.wait()
        last = self.states.load()
        if last is not None:
            restore_trained(self.model, last.arrays)
            end_swaps(self._others, last.state["callbacks"])
        return last is not None

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        if self._resumption:  # now, before any callback's `on_train_begin`: all of them see the model as it was
            self._resumption.restore_weights(model)

    def on_train_begin(self, logs: Logs = None) -> None:
        begin_random_states()
        self.states.claim()
        self._writer = StateWriter(self.states)
        self._times = SaveTimes(self.every_minutes, self.every_steps, self._run.position.step)
        self._copying_seconds, self._after_epoch = 0.0, None
        if self._resumption:
            self._check_step_was_read()
            self.states.put_aside_later_than(self._run.position.step)
            self._resumption.begin(self.model, self._others, self._run.position, self.params["epochs"])
            self.model.history.history.update(self._run.history.copy())
        self._signals.listen()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._run.position.begin_epoch(epoch, is_resumed=self._resumption is not None)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if batch == 0:
            restore_torch_random_state(self._after_epoch)
            self._after_epoch = None
        if self._resumption and not self._run.position.batches:
            self._resumption.finish_before_first_step()
            self._resumption = None

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._resumption:
            self._resumption.finish_after_repeated_step(self.model, self._others)
            self._resumption = None
            return
        self._run.position.count(batch)
        num_batches = self.params["steps"]
        if self._run.position.is_epoch_over(num_batches):  # `on_epoch_end` follows, and saves
            # Every iterator over data that Keras makes draws from torch's generator, more of them in whole epochs.
            self._after_epoch = torch_random_state()
            if num_batches is not None and self._run.position.is_ahead_of_keras() and not self.model.stop_training:
                self.model.stop_training = _END_OF_EPOCH  # Keras counts the batches of a resumed epoch from 0
        elif not self.model.stop_training:
            self._save_if_wanted()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        restore_torch_random_state(self._after_epoch)
        if self.model.stop_training is _END_OF_EPOCH:
            self.model.stop_training = False
        self._run.position.end_epoch(is_finished=bool(self.model.stop_training))
        is_last = self._run.position.is_finished or epoch + 1 >= self.params["epochs"]
        self._save_if_wanted(is_best=self._run.history.add(logs), is_last=is_last)

    def on_train_end(self, logs: Logs = None) -> None:
        self._signals.ignore()
        self._writer.close()
        self.states.release()
        begin_at_epoch(self.model, None)
        self._resumption = None
        self.model.history.history = self._run.history.copy()
        self.model.history.epoch = list(range(max(map(len, self._run.history.logs.values()), default=0)))
        if self._writer.failure:
            raise self._writer.failure

    def _save_if_wanted(self, is_best=False, is_last=False):
        step = self._run.position.step
        if self._signals.received:
            self._save(is_best, wait=True)
            self._writer.close()
            self.states.release()
            self._signals.exit(step, self.states.directory, self._writer.failure)
        if is_best or is_last or self._times.is_due(step, self._copying_seconds + self._writer.seconds):
            self._save(is_best, wait=is_last)

    def _save(self, is_best, wait):
        """Copy the state; another thread writes it, unless that one is busy and the state may come a little later."""
        if self._writer.is_busy() and self.every_steps is None and not (wait or is_best):
            return
        begin = time.monotonic()
        self._times.note(self._run.position.step)
        self._writer.write(self._run.capture(self.model, self._others), is_best)
        self._copying_seconds = time.monotonic() - begin
        if wait:
            self._writer.wait()

    def _check_step_was_read(self):
        step = self._run.position.step
        if step and not self._step_was_read:
            raise ValueError(
                f"The run in {self.states.directory} resumes at step {step}, but the dataset was not told: "
                "build it with start_step=saving.step, where saving is this SaveAndResume."
            )
