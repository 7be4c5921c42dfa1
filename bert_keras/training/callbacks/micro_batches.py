"""Goes on with a training whose batches do not fit into memory."""

import logging
import math
from typing import Any

import keras

from bert_keras.keras_internals import make_variables
from bert_keras.training.memory_advice import is_out_of_memory
from bert_keras.training.micro_batched_step import MicroBatchedStep, num_rows, run_function
from bert_keras.training.resuming.step_state import StepState
from bert_keras.types import Logs

_logger = logging.getLogger(__name__)


class MicroBatches(keras.callbacks.Callback):
    """Trains each batch in parts, and in twice as many where a part does not fit into memory.

    The training stays what it was: gradients are added up over the parts, each loss is the mean over the whole batch,
    and the optimizer makes one step a batch. Datasets, schedule, steps in the logs and saved states know nothing of
    the parts. Weights come out as without them, but for rounding, where there is no dropout.

    The first batch of each new size is tried with a copy of the weights in the host's memory, which is put back if it
    fails. Memory that goes missing later, in a batch of a size that has fit before, is an error as ever.

    Losses must be given to `compile` and be means, all of them over the sum of sample weights or all of them over the
    rows. Needs one device and `steps_per_execution=1`.

    Args:
        num_parts: how many parts to begin with. Default 1, whole batches.

    Raises:
        MemoryError: if not even one row fits.
        ValueError: at the start of training, for a model whose parts would not add up to the whole.

    Example:
        >>> from bert_keras.training.callbacks import MicroBatches
        >>> callbacks = [MicroBatches()]  # for model.fit

    Reference:
        Automatic microbatching of Composer, https://github.com/mosaicml/composer
    """

    def __init__(self, num_parts: int = 1):
        super().__init__()
        if num_parts < 1:
            raise ValueError(f"Expected num_parts of at least 1, received: {num_parts}.")
        self.num_parts = num_parts

    def get_state(self) -> dict[str, Any]:
        return {"num_parts": self.num_parts}

    def set_state(self, state: dict[str, Any]) -> None:
        self.num_parts = state["num_parts"]

    def on_train_begin(self, logs: Logs = None) -> None:
        self.model.make_train_function(force=True)
        self._whole_step, self._step_in_parts = self.model.train_function, MicroBatchedStep(self.model)
        self.model.train_function = self._train
        self._largest = 0  # numbers in the largest part that fit

    def on_train_end(self, logs: Logs = None) -> None:
        self.model.train_function = None  # `fit` makes another

    def _train(self, *arguments):
        """Do a step, as `fit` calls it: with the iterator over the data, and on JAX with the state before it."""
        *state, iterator = arguments
        state = state[0] if state else None
        batch = iterator[0] if isinstance(iterator, list) else next(iterator)
        while self._size(batch) > self._largest:
            logs, state, has_succeeded = self._try(state, batch)
            if has_succeeded:
                break
        else:
            logs, state = self._run(state, batch)
        return logs if state is None else (logs, state)

    def _try(self, state, batch):
        make_variables(self.model, batch)
        before = StepState(self.model, state)
        try:
            logs, state = self._run(state, batch)
            _wait(logs, state)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            message = str(error)
        else:
            self._largest = self._size(batch)
            return logs, state, True
        # Only here is the error gone, and with it what its traceback held in memory.
        if self.num_parts >= num_rows(batch):
            raise MemoryError(f"Not even one row of a batch fits into memory: {message}")
        self.num_parts *= 2
        _logger.warning(
            "a step of %d rows does not fit into memory; from now on each batch is trained in %d parts, with the same "
            "steps, but slower",
            num_rows(batch),
            self.num_parts,
        )
        return None, before.restore(), False

    def _run(self, state, batch):
        if self.num_parts > 1:
            return self._step_in_parts(state, batch, self.num_parts)
        return run_function(self._whole_step, state, batch)

    def _size(self, batch):
        rows = num_rows(batch)
        numbers = sum(math.prod(x.shape) for x in keras.tree.flatten(batch) if x is not None)
        return numbers // rows * math.ceil(rows / self.num_parts)


def _wait(logs, state):
    """Wait for a step that JAX may not have finished; the other backends tell at once that memory is short."""
    if state is not None:
        import jax

        jax.block_until_ready((logs, state))
