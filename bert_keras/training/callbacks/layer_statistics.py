"""What goes on in each layer while it learns, for TensorBoard: histograms, norms, and how far a step moves it."""

import logging
import os
from typing import Any

import keras
import numpy as np

from bert_keras.keras_internals import batch_counter
from bert_keras.training.callbacks.encoder_rows import encoder_rows
from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.layer_weights import in_place, layer_weights, loss_gradients
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs

_LOG = logging.getLogger("bert_keras")
_MOST_VALUES = 1 << 16  # in a histogram or a ratio: of more, every k-th


class LayerStatistics(keras.callbacks.Callback):
    """Writes of each layer, before training and after each epoch, histograms of weights, gradients and activations.

    Beside them stand curves: `weight_norm`; `gradient_norm`; and `update_ratio`, the norm of a step's change over that
    of the weights before it, which at a good learning rate is about 0.001. It is that of the step in the middle of an
    epoch, or of the first where Keras does not know how many there are; a frozen layer has 0.

    Gradients and activations are not those of a training step, which shows them to nobody without becoming slower. They
    come from one pass over one batch, always the same, without dropout and without what is added to the loss in
    training, such as R-Drop: epochs compare, and nothing in the training changes. On validation rows the gradient says
    where these would move the weights. Activations are the tokens' vectors, padding left out, behind the embeddings and
    behind each block. Where there are more than 65 536 numbers, a histogram and a ratio take every k-th; norms are of
    all.

    Args:
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        batch: (x, y, sample_weight) as `fit` takes them, arrays, of few rows, or what of it `fit` takes; None to leave
            out gradients and activations. A model without `encoder` has no activations here.

    Raises:
        ValueError: at the start of training, where the batch lacks targets, or its rows are too long.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import LayerStatistics
        >>> callbacks = [LayerStatistics(tempfile.mkdtemp())]  # for model.fit

    Reference:
        The ratio: https://cs231n.github.io/neural-networks-3/#ratio
    """

    only_shows = True

    def __init__(self, log_dir: str | os.PathLike, batch: tuple[Any, ...] | None = None):
        super().__init__()
        self.log_dir = str(log_dir)
        self.batch = batch

    def get_state(self) -> dict[str, Any]:
        return {"ratios": self._ratios}

    def set_state(self, state: dict[str, Any]) -> None:
        self._ratios, self._before = dict(state["ratios"]), None

    def on_train_begin(self, logs: Logs = None) -> None:
        self._writer = EventWriter(os.path.join(self.log_dir, "train"))
        self._ratios, self._before = {}, None
        if int(read_variable(batch_counter(self.model.optimizer))) == 0:  # a run that goes on has its last ones already
            self._write()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._ratios, self._before = {}, None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if not self._ratios and batch >= (self.params.get("steps") or 0) // 2:
            self._before = {name: _sampled(_arrays(weights)) for name, weights in layer_weights(self.model).items()}

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._before is not None:
            for name, weights in layer_weights(self.model).items():
                before = self._before[name]
                self._ratios[name] = _norm([_sampled(_arrays(weights)) - before]) / max(_norm([before]), 1e-12)
            self._before = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write()

    def _write(self):
        model, step = self.model, int(read_variable(batch_counter(self.model.optimizer)))
        weights = {name: _arrays(some) for name, some in layer_weights(model).items()}
        gradients = {} if self.batch is None else loss_gradients(model, self.batch)
        activations = {} if self.batch is None else _activations(model, self.batch[0])
        for kind, layers in {"weights": weights, "gradients": gradients, "activations": activations}.items():
            for name, arrays in layers.items():
                self._write_histogram(f"{kind}/{name}", arrays, step)
        norms = {kind: {name: _norm(arrays) for name, arrays in layers.items()} for kind, layers in (
            ("weight_norm", weights), ("gradient_norm", gradients),
        )}  # fmt: skip
        for kind, values in (norms | {"update_ratio": self._ratios}).items():
            for name, value in values.items():
                self._writer.scalar(f"{kind}/{name}", value, step)

    def _write_histogram(self, tag, arrays, step):
        values = _sampled(arrays)
        finite = values[np.isfinite(values)]
        if len(finite) < len(values):
            _LOG.warning("step %d: %d of %d %s are not finite", step, len(values) - len(finite), len(values), tag)
        if len(finite):
            self._writer.histogram(tag, finite, step)


def _activations(model, x):
    """Return the tokens' vectors behind the embeddings and behind each block."""
    encoder = getattr(model, "encoder", None)
    if encoder is None:
        return {}
    rows = encoder_rows(encoder, x)
    states = encoder(rows, training=False, return_hidden_states=True)["hidden_states"]
    names = ["embeddings", *(f"encoder_block_{index}" for index in range(len(states) - 1))]
    return {name: [read_variable(some)[rows["padding_mask"] != 0]] for name, some in zip(names, states, strict=True)}


def _arrays(weights):
    """Return weights as arrays, perhaps in the memory in which training goes on."""
    return [np.asarray(in_place(weight.value), "float32") for weight in weights]


def _sampled(arrays):
    """Return the numbers of arrays end to end, copied; of many every k-th."""
    every = max(1, sum(some.size for some in arrays) // _MOST_VALUES) | 1  # odd, as widths are even: all columns
    return np.concatenate([np.asarray(some, "float32").ravel()[::every] for some in arrays])


def _norm(arrays):
    return float(np.sqrt(sum(np.vdot(some, some) for some in arrays)))
