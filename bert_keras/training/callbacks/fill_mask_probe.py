"""What the model makes of a few sentences, for TensorBoard's text page."""

import html
import os
from collections.abc import Callable, Iterable

import keras

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs


class FillMaskProbe(keras.callbacks.Callback):
    """Writes a table of the best guesses for some sentences before training and after each epoch.

    Args:
        fill_mask: callable such as `bert_keras.inference.FillMask`: `fill_mask(sentences, top_k=...)` gives for each
            sentence, for each [MASK] in it, a list of (token, probability).
        sentences: list of str, each with [MASK].
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        top_k: number of guesses. Default 5.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import FillMaskProbe
        >>> def fill_mask(sentences, top_k):
        ...     return [[[("states", 0.9), ("kingdom", 0.1)]] for _ in sentences]
        >>> callbacks = [FillMaskProbe(fill_mask, ["the united [MASK]"], tempfile.mkdtemp())]  # for model.fit
    """

    def __init__(self, fill_mask: Callable, sentences: Iterable[str], log_dir: str | os.PathLike, top_k: int = 5):
        super().__init__()
        self.fill_mask = fill_mask
        self.sentences = list(sentences)
        self.log_dir = str(log_dir)
        self.top_k = top_k

    def on_train_begin(self, logs: Logs = None) -> None:
        self._writer = EventWriter(os.path.join(self.log_dir, "train"))
        if int(read_variable(self.model.optimizer.iterations)) == 0:  # a run that goes on has its last table already
            self._write()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write()

    def on_train_end(self, logs: Logs = None) -> None:
        self._writer.close()

    def _write(self):
        rows = ["sentence" + "".join(f" | {rank}" for rank in range(1, self.top_k + 1))]
        rows.append("--- | " * self.top_k + "---")
        for sentence, masks in zip(self.sentences, self.fill_mask(self.sentences, top_k=self.top_k), strict=True):
            for guesses in masks:
                rows.append(" | ".join([_plain(sentence), *(f"{_plain(token)} {p:.2f}" for token, p in guesses)]))
        step = int(read_variable(self.model.optimizer.iterations))
        self._writer.text("fill_mask", "\n".join(rows), step)
        self._writer.flush()


def _plain(text):
    """Text that stands in a table of markdown as it is."""
    return "".join(f"&#{ord(char)};" if char in "|*_`~[]\\" else html.escape(char) for char in text)
