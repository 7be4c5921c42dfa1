"""What a model says of a few texts, again and again while it learns, for TensorBoard's text page."""

import os
from collections.abc import Callable, Iterable, Sequence

import keras

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.markdown import plain, table
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs


class TextProbe(keras.callbacks.Callback):
    """Writes a table before training and after each epoch.

    Args:
        name: what the table is called.
        columns: names of its columns.
        rows: function without arguments that gives the rows of the table, as many str in each as there are columns.
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import TextProbe
        >>> def rows():
        ...     return [("a source", "what the model writes")]
        >>> callbacks = [TextProbe("written", ("source", "text"), rows, tempfile.mkdtemp())]  # for model.fit
    """

    only_shows = True

    def __init__(
        self, name: str, columns: Sequence[str], rows: Callable[[], Iterable[Sequence[str]]], log_dir: str | os.PathLike
    ):
        super().__init__()
        self.name = name
        self.columns = tuple(columns)
        self.rows = rows
        self.log_dir = str(log_dir)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._writer = EventWriter(os.path.join(self.log_dir, "train"))
        if int(read_variable(self.model.optimizer.iterations)) == 0:  # a run that goes on has its last table already
            self._write()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write()

    def _write(self):
        text = table(self.columns, (map(plain, row) for row in self.rows()))
        self._writer.text(self.name, text, int(read_variable(self.model.optimizer.iterations)))
