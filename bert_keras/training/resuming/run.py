"""A run besides the numbers in its model: where it stands, what came out, what it decided."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from bert_keras.training.resuming.callback_states import read_callback_states
from bert_keras.training.resuming.checkpointing import TrainingState
from bert_keras.training.resuming.model_state import read_model_state
from bert_keras.training.resuming.run_history import RunHistory
from bert_keras.training.resuming.run_position import RunPosition


class Run:
    """Begins anew, or as it was saved.

    Args:
        configuration: dict for JSON of what must not change between the processes of the run.
        monitor: name in the logs whose best value is remembered, or None.
        mode: "min" or "max", what is best.
        saved: `bert_keras.training.resuming.checkpointing.TrainingState`, or None.

    Raises:
        ValueError: for another mode.
    """

    def __init__(
        self, configuration: dict[str, Any], monitor: str | None, mode: str, saved: TrainingState | None = None
    ):
        self.configuration = configuration
        state = saved.state if saved else {"position": {}, "history": {}, "best": None, "remembered": {}}
        self.position = RunPosition(saved.step if saved else 0, **state["position"])
        self.history = RunHistory(monitor, mode, state["history"], state["best"])
        self.remembered = state["remembered"]

    def remember(self, name: str, make: Callable[[], Any]) -> Any:
        """Give what was decided when the run began; `make()` decides now where it was not."""
        if name not in self.remembered:
            self.remembered[name] = make()
        return self.remembered[name]

    def capture(self, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> TrainingState:
        """Copy all that the run needs to resume from here.

        Args:
            model: the model that is trained.
            callbacks: list of the callbacks whose states belong to the run.

        Returns:
            `bert_keras.training.resuming.checkpointing.TrainingState`.
        """
        arrays = read_model_state(model)
        callback_states, callback_arrays = read_callback_states(callbacks)
        state = {
            "position": self.position.as_state(),
            "history": self.history.copy(),
            "best": self.history.best,
            "remembered": dict(self.remembered),
            "callbacks": callback_states,
        }
        return TrainingState(self.position.step, arrays | callback_arrays, state, self.configuration)
