"""Shows what a model makes of its validation part beside the truth, after each epoch."""

import os
from collections.abc import Sequence

import keras

from bert_keras.keras_internals import batch_counter
from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.calibration import write_calibration
from bert_keras.training.callbacks.watching.confusion_matrix import write_confusion_matrix
from bert_keras.training.callbacks.watching.example_table import write_examples
from bert_keras.training.callbacks.watching.precision_recall import write_precision_recall
from bert_keras.training.callbacks.watching.predictions import Watched
from bert_keras.training.callbacks.watching.span_table import write_spans
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs

_WRITERS = {  # of each view, and the part of the predictions that it takes
    "confusion": (write_confusion_matrix, "classes"),
    "precision_recall": (write_precision_recall, "classes"),
    "calibration": (write_calibration, "decisions"),
    "examples": (write_examples, "judgements"),
    "spans": (write_spans, "spans"),
}


class WatchPredictions(keras.callbacks.Callback):
    """Asks the model about the validation part once an epoch, and writes all views of what it says.

    They stand in TensorBoard's run `validation`, in its tabs of images, curves and texts. The training is not touched:
    a run that resumes writes the same, each view once.

    Args:
        watched: What can be watched of the task; `bert_keras.inference.watch_texts` and its kin make it.
        views: "confusion", "precision_recall", "calibration", "examples", "spans", or some of them.
        log_dir: Folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.

    Raises:
        ValueError: If a view means nothing for the task.

    Example:
        >>> import numpy as np, tempfile
        >>> from bert_keras.training.callbacks import WatchPredictions
        >>> from bert_keras.training.callbacks.watching import ClassPredictions, Predictions, Watched
        >>> def predict():
        ...     scores = np.array([[0.9, 0.1], [0.6, 0.4]])
        ...     return Predictions(ClassPredictions(["good", "bad"], scores, np.array([0, 1]), ["+", "-"]))
        >>> watched = Watched(predict, ("confusion", "examples"))
        >>> callbacks = [WatchPredictions(watched, ("confusion",), tempfile.mkdtemp())]  # for model.fit
    """

    only_shows = True

    def __init__(self, watched: Watched, views: Sequence[str], log_dir: str | os.PathLike):
        super().__init__()
        for view in views:
            if view not in watched.views:
                reason = watched.why_not.get(view, "it means nothing for this task")
                raise ValueError(
                    f"Expected --watch with some of {', '.join(watched.views)}; received {view}: {reason}."
                )
        self.predict = watched.predict
        self.views = tuple(views)
        self._writer = EventWriter(os.path.join(log_dir, "validation"))

    def get_state(self) -> dict[str, int]:
        return {"step": self._step()}

    def set_state(self, state: dict[str, int]) -> None:
        self._writer.drop_after(state["step"])  # views of a run that was stopped, which now come again

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        predictions = self.predict().finite()
        for view in self.views if predictions else ():
            write, part = _WRITERS[view]
            write(self._writer, getattr(predictions, part), self._step())

    def _step(self):
        return int(read_variable(batch_counter(self.model.optimizer)))
