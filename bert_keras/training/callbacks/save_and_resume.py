"""Saves all that a run needs to go on, and goes on where the last run of the same command was stopped."""

import logging
import sys
import time

import keras
import numpy as np

from bert_keras.training.callback_states import read_callback_states, restore_callback_states
from bert_keras.training.checkpointing import TrainingState, TrainingStates
from bert_keras.training.model_state import (
    read_model_state,
    restore_random_states,
    restore_torch_random_state,
    restore_variables,
    torch_random_state,
)
from bert_keras.training.state_writer import StateWriter
from bert_keras.training.stop_signals import StopSignals, command_line

_logger = logging.getLogger(__name__)
_END_OF_EPOCH = object()  # what `stop_training` is set to where a resumed epoch ends: true, and known as ours
_LARGEST_SHARE = 0.04  # of the time, that saving may take


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
        ValueError: if all states are damaged, the configuration, the model or the callbacks differ from those of the
            saved run, or there is a saved run and `step` was not asked for.

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
        directory,
        *,
        every_minutes=10.0,
        every_steps=None,
        keep_last=2,
        monitor=None,
        mode="min",
        configuration=None,
    ):
        super().__init__()
        if mode not in ("min", "max"):
            raise ValueError(f'Expected mode "min" or "max", received: {mode!r}.')
        self.every_minutes = every_minutes
        self.every_steps = every_steps
        self.monitor = monitor
        self.mode = mode
        self.configuration = configuration or {}
        self.states = TrainingStates(directory, keep_last)
        self._others = []
        self._step_was_read = False
        self._loaded = self.states.load()
        if self._loaded is None:
            self._position = {"epoch": 0, "batches": 0, "repeated": 0, "is_finished": False}
            self._step, self._history, self._best, self._remembered = 0, {}, None, {}
        else:
            self._check_configuration()
            state = self._loaded.state
            self._position, self._history, self._best = state["position"], state["history"], state["best"]
            self._step, self._remembered = self._loaded.step, state["remembered"]
        self._signals = StopSignals()

    @property
    def step(self):
        """The training dataset's `start_step`: batches that were trained on, less those of the step to be repeated."""
        self._step_was_read = True
        return self._step - self._position["repeated"]

    def remember(self, name, make):
        """Decide something once a run, such as a precision that is chosen by measuring.

        Args:
            name: str, what it is.
            make: function without arguments whose result JSON can hold; called if the run has not decided yet.

        Returns:
            what was decided when the run began.
        """
        if name not in self._remembered:
            self._remembered[name] = make()
        return self._remembered[name]

    def after(self, callbacks):
        """Put this callback behind others, whose states it then saves along.

        Args:
            callbacks: list of callbacks.

        Returns:
            list for `fit(callbacks=...)`.
        """
        self._others = list(callbacks)
        return [*self._others, self]

    def roll_back(self):
        """Set weights and optimizer back to the last state on disk; the step and the position in the data stay.

        Returns:
            bool, False if there is no state yet.
        """
        self._writer.wait()
        last = self.states.load()
        if last is None:
            return False
        if keras.config.backend() == "jax":
            self.model.jax_state_sync()
        iterations = int(self.model.optimizer.iterations)
        restore_variables(self.model, last.arrays, "model", "optimizer")
        self.model.optimizer.iterations.assign(iterations)  # schedule and curves go on
        return True

    def set_model(self, model):
        super().set_model(model)
        if self._loaded is not None:
            # Now, before any callback's `on_train_begin`, so that all of them see the model as it was.
            if not model.built:
                raise ValueError("SaveAndResume needs a model that is built before `fit`: call it on a batch.")
            if not model.optimizer.built:
                model.optimizer.build(model.trainable_variables)
            restore_variables(model, self._loaded.arrays, "model", "optimizer")

    def on_train_begin(self, logs=None):
        self.states.claim()
        self._writer = StateWriter(self.states)
        self._last_save, self._last_saved_step = time.monotonic(), self._step
        self._copying_seconds, self._after_epoch = 0.0, None
        self._is_resuming = self._loaded is not None
        if self._is_resuming:
            self._check_step_was_read()
            self.states.put_aside_later_than(self._step)
            epoch, batches = self._position["epoch"], self._position["batches"]
            if self._position["is_finished"] or epoch >= self.params["epochs"]:
                epoch = self.params["epochs"]
                _logger.warning("the run in %s is finished at step %d", self.states.directory, self._step)
            else:
                _logger.warning("going on at step %d, epoch %d, from %s", self._step, epoch + 1, self.states.directory)
            self.model._initial_epoch = epoch  # as `keras.callbacks.BackupAndRestore` does
            if not batches:
                self._restore_callbacks()
        self._signals.listen()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._batches_before = 0
        if self._is_resuming:
            self._batches_before = self._position["batches"] - self._position["repeated"]
        self._first_step = self._step - self._position["batches"] if self._is_resuming else self._step

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            restore_torch_random_state(self._after_epoch)
            self._after_epoch = None
        if self._is_resuming and not self._position["batches"]:
            # As late as possible: making an iterator over the data draws random numbers on torch.
            restore_random_states(self._loaded.arrays)
            self._loaded, self._is_resuming = None, False

    def on_train_batch_end(self, batch, logs=None):
        batches = self._batches_before + batch + 1
        if self._is_resuming:
            # This was the last step before the state once more: Keras makes metrics in the first step of a process,
            # and only now are they there to get back what the epoch's earlier batches have left in them.
            restore_variables(self.model, self._loaded.arrays, "model", "optimizer", "metrics")
            restore_random_states(self._loaded.arrays)
            self._restore_callbacks()
            self._loaded, self._is_resuming = None, False
            return
        repeated, self._step = self._first_step + batches - self._step, self._first_step + batches
        num_batches = self.params["steps"]
        if num_batches is None or batches >= num_batches:  # the epoch's end follows, and saves
            # Every iterator over data that Keras makes draws from torch's generator, more of them in whole epochs.
            self._after_epoch = torch_random_state()
            if num_batches is not None and self._batches_before and not self.model.stop_training:
                self.model.stop_training = _END_OF_EPOCH  # Keras counts the batches of a resumed epoch from 0
            return
        if self.model.stop_training:
            return
        self._position = {"epoch": self._epoch, "batches": batches, "repeated": repeated, "is_finished": False}
        if self._signals.received:
            self._exit()
        if self._is_due():
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        restore_torch_random_state(self._after_epoch)
        if self.model.stop_training is _END_OF_EPOCH:
            self.model.stop_training = False
        for name, value in logs.items():
            self._history.setdefault(name, []).append(np.asarray(value).tolist())
        self._position = {
            "epoch": epoch + 1,
            "batches": 0,
            "repeated": 0,
            "is_finished": bool(self.model.stop_training),
        }
        is_best = self._is_best(logs)
        if self._signals.received:
            self._exit(is_best)
        is_last = self._position["is_finished"] or epoch + 1 >= self.params["epochs"]
        if is_last or is_best or self._is_due():
            self._save(is_best, wait=is_last)

    def on_train_end(self, logs=None):
        self._signals.ignore()
        self._writer.close()
        self.states.release()
        self.model._initial_epoch = self._loaded = None
        self.model.history.history = {name: list(values) for name, values in self._history.items()}
        self.model.history.epoch = list(range(max(map(len, self._history.values()), default=0)))
        if self._writer.failure:
            raise self._writer.failure

    def _restore_callbacks(self):
        state = self._loaded.state
        restore_callback_states(self._others, state["callbacks"], self._loaded.arrays)
        self.model.history.history.update({name: list(values) for name, values in self._history.items()})

    def _is_due(self):
        if self.every_steps is not None:
            return self._step // self.every_steps > self._last_saved_step // self.every_steps
        least = (self._copying_seconds + self._writer.seconds) / _LARGEST_SHARE
        return time.monotonic() - self._last_save >= max(self.every_minutes * 60, least)

    def _is_best(self, logs):
        value = logs.get(self.monitor)
        if value is None or (self._best is not None and (value >= self._best) == (self.mode == "min")):
            return False
        self._best = float(value)
        return True

    def _save(self, is_best=False, wait=False):
        """Copy the state; another thread writes it, unless that one is busy and the state may come a little later."""
        if self._writer.is_busy() and self.every_steps is None and not (wait or is_best):
            return
        begin = time.monotonic()
        arrays = read_model_state(self.model)
        callback_states, callback_arrays = read_callback_states(self._others)
        state = {
            "position": self._position,
            "history": {name: list(values) for name, values in self._history.items()},
            "best": self._best,
            "remembered": self._remembered,
            "callbacks": callback_states,
        }
        self._last_save, self._last_saved_step = begin, self._step
        self._writer.write(TrainingState(self._step, arrays | callback_arrays, state, self.configuration), is_best)
        self._copying_seconds = time.monotonic() - begin
        if wait:
            self._writer.wait()

    def _exit(self, is_best=False):
        self._save(is_best, wait=True)
        self._writer.close()
        self.states.release()
        number = self._signals.received
        if self._writer.failure:
            raise SystemExit(f"{number.name} after step {self._step}, but {self._writer.failure}")
        again = command_line()
        print(
            f"Stopped by {number.name} after step {self._step}; the state is in {self.states.directory}. "
            + (f"Go on with:\n  {again}" if again else "Run the same again to go on."),
            file=sys.stderr,
        )
        raise SystemExit(128 + number)

    def _check_step_was_read(self):
        if self._step and not self._step_was_read:
            raise ValueError(
                f"The run in {self.states.directory} goes on at step {self._step}, but the dataset was not told: "
                "build it with start_step=saving.step, where saving is this SaveAndResume."
            )

    def _check_configuration(self):
        saved = self._loaded.configuration
        names = [name for name in {*saved, *self.configuration} if saved.get(name) != self.configuration.get(name)]
        if names:
            differences = ", ".join(
                f"{name} was {saved.get(name)!r}, now {self.configuration.get(name)!r}" for name in sorted(names)
            )
            raise ValueError(
                f"The run in {self.states.directory} was started with another configuration: {differences}. Take "
                "another folder, or remove this one to start anew."
            )
