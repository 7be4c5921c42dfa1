"""How each training example was learned, epoch by epoch."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from bert_keras.types import Logs


class ExampleRecorder(keras.callbacks.Callback):
    """Keeps, after each epoch, what the model says of each training example.

    That is a pass over the training part in prediction, without dropout, all examples by the same weights. What was
    kept is part of the run's state: a run that is resumed has it, too.

    Args:
        judge: Function without arguments that gives the probability that the model gives the label of each example,
            and whether the label is what it predicts: two (examples,) arrays.
        finish: Function that is given both at the end of the training, as (epochs, examples) float32 and bool arrays.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training.callbacks import ExampleRecorder
        >>> judge = lambda: (np.array([0.75, 0.25]), np.array([True, False]))
        >>> recorder = ExampleRecorder(judge, lambda probabilities, is_correct: print(probabilities, is_correct))
        >>> recorder.on_epoch_end(0)
        >>> recorder.on_train_end()
        [[0.75 0.25]] [[ True False]]

    Reference:
        [Swayamdipta et al., 2020](https://aclanthology.org/2020.emnlp-main.746), section 2, whose numbers are of the
        training's own passes, with dropout and amid the epoch
    """

    def __init__(
        self,
        judge: Callable[[], tuple[np.ndarray, np.ndarray]],
        finish: Callable[[np.ndarray, np.ndarray], None],
    ):
        super().__init__()
        self.judge = judge
        self.finish = finish
        self._probabilities, self._is_correct = [], []

    def get_state(self) -> dict[str, Any]:
        return {"probabilities": self._probabilities, "is_correct": self._is_correct}

    def set_state(self, state: dict[str, Any]) -> None:
        self._probabilities, self._is_correct = list(state["probabilities"]), list(state["is_correct"])

    def on_train_begin(self, logs: Logs = None) -> None:
        self._probabilities, self._is_correct = [], []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        probabilities, is_correct = self.judge()
        self._probabilities.append(np.asarray(probabilities, "float32"))
        self._is_correct.append(np.asarray(is_correct, "uint8"))

    def on_train_end(self, logs: Logs = None) -> None:
        if self._probabilities:
            self.finish(np.stack(self._probabilities), np.stack(self._is_correct).astype(bool))
