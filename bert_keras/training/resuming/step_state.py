"""A copy of all that a training step changes, so that one that failed in its middle can be taken back."""

from typing import Any

import keras
import numpy as np

from bert_keras.training.resuming.model_state import read_model_state, restore_random_states, restore_variables


class StepState:
    """Keeps the state of before a step in the memory of the host.

    Args:
        model: compiled and built model.
        state: what Keras' steps are given on JAX, where a step that fails may have used up its input; None elsewhere.
    """

    def __init__(self, model: keras.Model, state: Any):
        self.model = model
        if state is None:
            self._arrays = read_model_state(model)
        else:
            self._arrays = keras.tree.map_structure(np.array, state)
            self._shardings = keras.tree.map_structure(lambda array: array.sharding, state)

    def restore(self) -> Any:
        """Put it back.

        Returns:
            the state for Keras' steps on JAX, otherwise None.
        """
        if keras.config.backend() == "jax":
            import jax

            return keras.tree.map_structure(jax.device_put, self._arrays, self._shardings)
        restore_variables(self.model, self._arrays, "model", "optimizer", "metrics")
        restore_random_states(self._arrays)
        return None
