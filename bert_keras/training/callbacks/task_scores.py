"""Scores of whole validation parts, for metrics that no `keras.metrics.Metric` can add up batch by batch."""

from collections.abc import Callable

import keras

from bert_keras.types import Logs


class TaskScores(keras.callbacks.Callback):
    """Publishes what a function says of the model at the end of each epoch, as `val_NAME`.

    Put it before `EarlyStopping` and whatever else goes by these numbers.

    Args:
        score: function without arguments that gives a dict of numbers, such as the official scorer's of a task.

    Example:
        >>> from bert_keras.training.callbacks import TaskScores
        >>> logs = {"loss": 2.0}
        >>> TaskScores(lambda: {"exact": 0.5, "f1": 0.625}).on_epoch_end(0, logs)
        >>> logs
        {'loss': 2.0, 'val_exact': 0.5, 'val_f1': 0.625}
    """

    def __init__(self, score: Callable[[], dict[str, float]]):
        super().__init__()
        self.score = score

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs.update({f"val_{name}": float(value) for name, value in self.score().items()})
