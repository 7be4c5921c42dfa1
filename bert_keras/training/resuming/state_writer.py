"""Writes training states in a thread of its own, so that training does not wait for the disk."""

import concurrent.futures
import logging
import time

from bert_keras.training.resuming.checkpointing import TrainingState, TrainingStates

_logger = logging.getLogger(__name__)


class StateWriter:
    """Writes one state at a time.

    `failure`, which is raised when training ends, is the error of the last state, None if it is on the disk. `seconds`
    is what it took.

    Args:
        states: `bert_keras.training.resuming.checkpointing.TrainingStates`.
    """

    def __init__(self, states: TrainingStates):
        self.states = states
        self.failure = None
        self.seconds = 0.0
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "training-state")
        self._writing = None

    def is_busy(self) -> bool:
        """Tell whether a state is being written."""
        return self._writing is not None and not self._writing.done()

    def write(self, training_state: TrainingState, is_best: bool) -> None:
        """Begin to write a state; wait for the one before, if there is one."""
        self.wait()
        self._writing = self._thread.submit(self._write, training_state, is_best)

    def wait(self) -> None:
        """Wait for the state that is being written, and log it if that failed."""
        if self._writing is not None:
            try:
                self._writing.result()
                self.failure = None
            except Exception as error:  # noqa: BLE001 - whatever it is, the run is worth more than this state
                self.failure = error
                _logger.error("%s; training goes on, and the next state will be tried in its turn", error)
            self._writing = None

    def close(self) -> None:
        """Wait, and end the thread."""
        self.wait()
        self._thread.shutdown()

    def _write(self, training_state, is_best):
        begin = time.monotonic()
        self.states.save(training_state, is_best)
        self.seconds = time.monotonic() - begin
