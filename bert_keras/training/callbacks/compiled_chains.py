"""Compiles the elementwise parts of a step for texts of many lengths, where the training is long enough."""

import contextlib

import keras

from bert_keras.ops.compiled_chain import chains_for_every_shape
from bert_keras.types import Logs


class CompiledChains(keras.callbacks.Callback):
    """Makes long training on texts of many lengths faster on a processor, on TensorFlow; elsewhere it does nothing.

    GELU, dropout, layer norm and attention's softmax become a kernel each, which has to be compiled for each shape of a
    batch. In bfloat16 they always are where all batches have one shape. Texts of many lengths come in up to one shape a
    length, and each takes up to a second at its first batch. MiniLM on SST-2, 15 steps: in mixed_bfloat16, one core of
    a Xeon with AMX, 3.4 s instead of 4.2; in float32, two cores of an EPYC with AVX2, 5.2 instead of 5.5. So 1000
    steps earn what 50 lengths cost.

    It decides when training begins, from the steps that it will take; a step that was traced before stays as it is.

    Args:
        min_steps: how many steps, of all epochs, a training has at least that is worth it. Default 1000.

    Example:
        >>> from bert_keras.training.callbacks import CompiledChains
        >>> callbacks = [CompiledChains()]  # for model.fit
    """

    def __init__(self, min_steps: int = 1000):
        super().__init__()
        self.min_steps = min_steps
        self._while_training = contextlib.ExitStack()

    def on_train_begin(self, logs: Logs = None) -> None:
        steps, epochs = self.params["steps"], self.params["epochs"]
        if steps is not None and steps * epochs >= self.min_steps:
            self._while_training.enter_context(chains_for_every_shape())

    def on_train_end(self, logs: Logs = None) -> None:
        self._while_training.close()
