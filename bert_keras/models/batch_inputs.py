"""What every model does with the dict of a batch: take what it knows, and say what is missing."""

from typing import Any

import keras

from bert_keras.keras_internals import as_specs, asks_for_shapes_alone, without_values


class BatchInputs(keras.Model):
    """A functional model that picks its own inputs out of a batch's dict by name.

    Keras flattens a dict with one key more than the model knows into the wrong order. Here a pretraining batch, whose
    `mask_positions` an encoder does not know, goes into the encoder as it is.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if isinstance(inputs, dict):
            inputs = self._own_inputs(inputs)
        if asks_for_shapes_alone():
            return without_values(self.compute_output_spec(as_specs(inputs)))
        return super().call(inputs, training=training, mask=mask)

    def _own_inputs(self, inputs):
        missing = [name for name in self.input if name not in inputs]
        if missing:
            raise ValueError(
                f"{type(self).__name__} expects a dict with {sorted(self.input)}; missing: {missing}, "
                f"received: {sorted(inputs)}."
            )
        return {name: inputs[name] for name in self.input}
