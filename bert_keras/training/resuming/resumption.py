"""A saved state on its way back into a run: what must fit, and what is put back at which moment."""

import json
import logging
import os
from collections.abc import Sequence
from typing import Any

import keras

from bert_keras.keras_internals import begin_at_epoch
from bert_keras.training.resuming.callback_states import restore_callback_states
from bert_keras.training.resuming.changed_options import changed_options
from bert_keras.training.resuming.checkpointing import TrainingState
from bert_keras.training.resuming.model_state import restore_random_states, restore_variables
from bert_keras.training.resuming.run_position import RunPosition

_logger = logging.getLogger(__name__)


def as_stored(configuration: dict[str, Any]) -> dict[str, Any]:
    """Give a configuration as it will come back from disk, where a tuple is a list.

    Args:
        configuration: dict.

    Raises:
        ValueError: where it holds what JSON cannot.
    """
    try:
        return json.loads(json.dumps(configuration))
    except TypeError as error:
        raise ValueError(
            f"Expected a configuration that JSON can hold, received {configuration!r}: {error}."
        ) from error


class Resumption:
    """Puts a state back in two moments: before training begins, and between two steps.

    Keras makes its metrics in the first step of a process. So in the middle of an epoch the step before the state is
    run once more, and everything is put back as it was saved: only then are the metrics there to get back what the
    epoch's earlier batches have left in them. At the beginning of an epoch there is nothing to get back; random states
    are put back as late as possible, as making an iterator over the data draws random numbers on torch.

    Args:
        saved: `bert_keras.training.resuming.checkpointing.TrainingState`.
        directory: where it comes from, for messages.
        configuration: dict, of the run that goes on.

    Raises:
        ValueError: if the configuration differs from that of the saved run.
    """

    def __init__(self, saved: TrainingState, directory: str | os.PathLike, configuration: dict[str, Any]):
        self.saved = saved
        self.directory = directory
        if differences := changed_options(saved.configuration, configuration):
            raise ValueError(
                f"The run in {directory} was started with another configuration: {differences}. Take another folder, "
                "or remove this one to start anew."
            )

    def restore_weights(self, model: keras.Model) -> None:
        """Put back weights and optimizer.

        Raises:
            ValueError: if the model is not built, or another one.
        """
        if not model.built:
            raise ValueError("SaveAndResume needs a model that is built before `fit`: call it on a batch.")
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        restore_variables(model, self.saved.arrays, "model", "optimizer")

    def begin(
        self, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback], position: RunPosition, num_epochs: int
    ) -> None:
        """Have Keras begin at the saved epoch; at its beginning, callbacks get back what they remembered.

        Args:
            model: the model that is trained.
            callbacks: list of the callbacks whose states were saved.
            position: `bert_keras.training.resuming.run_position.RunPosition`.
            num_epochs: how many epochs the run is to have.
        """
        if position.is_finished or position.epoch >= num_epochs:
            begin_at_epoch(model, num_epochs)
            _logger.warning(
                "the run in %s is finished at step %d: nothing is trained; another folder begins anew",
                self.directory,
                position.step,
            )
        else:
            begin_at_epoch(model, position.epoch)
            where = position.step, position.epoch + 1, self.directory
            _logger.warning("resuming at step %d, epoch %d, from %s", *where)
        if not position.batches:
            self._restore_callbacks(callbacks)

    def finish_before_first_step(self) -> None:
        """Put back the random states, at the beginning of an epoch."""
        restore_random_states(self.saved.arrays)

    def finish_after_repeated_step(self, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Put back everything, in the middle of an epoch."""
        restore_variables(model, self.saved.arrays, "model", "optimizer", "metrics")
        restore_random_states(self.saved.arrays)
        self._restore_callbacks(callbacks)

    def _restore_callbacks(self, callbacks):
        restore_callback_states(callbacks, self.saved.state["callbacks"], self.saved.arrays)
