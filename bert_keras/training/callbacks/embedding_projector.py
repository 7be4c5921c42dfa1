"""Vectors with labels for TensorBoard's projector, from epoch to epoch."""

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from bert_keras.atomic_files import write_file
from bert_keras.keras_internals import batch_counter
from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs

_LOG = logging.getLogger("bert_keras")
_CONFIG = "projector_config.pbtxt"
_LONGEST_LABEL = 200  # characters


class EmbeddingProjector(keras.callbacks.Callback):
    """Writes vectors before training and after each epoch, into the projector's run `train`; it opens as it is.

    TensorBoard reads which tensors there are when it finds a run: start it anew to see those of later epochs. A run
    that resumes takes out tensors of steps that come again. How many of the vectors are there stands in the text tab.

    Args:
        name: what the tensors are called, such as "sentences": `sentences/step_125` and so on, or, without `by_epoch`,
            `sentences`.
        vectors: function without arguments that gives a (rows, width) array, or no more than `limit` of the rows.
        labels: {column: a value for each row}, the first column what a point is called, any of them to colour and to
            search by. Longer ones than 200 characters are cut.
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        by_epoch: whether each epoch is a tensor of its own; else the last one stays. Default True.
        limit: most rows; of more, the first. Default 10000, as many as the projector's t-SNE and UMAP take at most.
        out_of: how many there are in all, where these were chosen among more; None for no more.

    Raises:
        ValueError: where there is no column, columns differ in length, there are not as many vectors as labels, or a
            projector_config.pbtxt in the folder cannot be read.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import EmbeddingProjector
        >>> table = np.eye(3, 5)
        >>> labels = {"token": ["a", "cat", "##s"], "kind": ["word", "word", "piece"]}
        >>> callbacks = [EmbeddingProjector("tokens", lambda: table, labels, tempfile.mkdtemp())]  # for model.fit

    Reference:
        https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin
    """

    only_shows = True

    def __init__(
        self,
        name: str,
        vectors: Callable[[], np.ndarray],
        labels: Mapping[str, Sequence],
        log_dir: str | os.PathLike,
        *,
        by_epoch: bool = True,
        limit: int = 10_000,
        out_of: int | None = None,
    ):
        super().__init__()
        if not re.fullmatch(r"\w+", name):
            raise ValueError(f"Expected a name of letters, digits and underscores, received {name!r}.")
        lengths = {column: len(values) for column, values in labels.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"Expected columns of labels, equally long; received: {lengths or 'none'}.")
        self.name = name
        self.vectors = vectors
        self.labels = {column: list(values) for column, values in labels.items()}
        self.by_epoch = by_epoch
        self.limit = limit
        self._num_rows = next(iter(lengths.values()))
        self._num_kept = min(limit, self._num_rows)
        self.out_of = self._num_rows if out_of is None else out_of
        self._run = Path(log_dir, "train")

    def on_train_begin(self, logs: Logs = None) -> None:
        self._writer = EventWriter(self._run)
        (self._run / "projector").mkdir(parents=True, exist_ok=True)
        step = self._step()
        self._drop_after(step)
        if step == 0:  # a run that goes on has its last one already
            self._write(step)
            if self._num_kept < self.out_of:
                _LOG.warning("TensorBoard's projector gets %d of %d %s", self._num_kept, self.out_of, self.name)
            # Also for TensorBoard to see a run, which it does by an event.
            self._writer.text(f"projector/{self.name}", f"{self._num_kept} of {self.out_of} vectors", step)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write(self._step())

    def _step(self):
        return int(read_variable(batch_counter(self.model.optimizer)))

    def _write(self, step):
        vectors = np.ascontiguousarray(self.vectors(), "<f4")
        if vectors.ndim != 2 or len(vectors) not in (self._num_rows, self._num_kept):
            raise ValueError(
                f"Expected ({self._num_rows}, width) vectors of {self.name}, as there are labels; received "
                f"{vectors.shape}."
            )
        vectors = vectors[: self._num_kept]
        tensor = f"{self.name}/step_{step}" if self.by_epoch else self.name
        files = {"tensor_path": f"projector/{tensor.replace('/', '_')}.bytes"}
        files["metadata_path"] = f"projector/{self.name}.tsv"
        write_file(self._run / files["tensor_path"], _binary(vectors))
        write_file(self._run / files["metadata_path"], self._metadata().encode())
        config = self._config()
        kept = [entry for entry in config.embeddings if entry.tensor_name != tensor]
        del config.embeddings[:]
        config.embeddings.extend(kept)
        config.embeddings.add(tensor_name=tensor, tensor_shape=vectors.shape, **files)
        self._save(config)  # last: what it names is there

    def _metadata(self):
        """Lines of tab-separated columns, with a header unless there is but one, as the projector wants it."""
        header = ["\t".join(self.labels)] if len(self.labels) > 1 else []
        rows = zip(*(values[: self._num_kept] for values in self.labels.values()), strict=True)
        return "\n".join([*header, *("\t".join(map(_cell, row)) for row in rows), ""])

    def _drop_after(self, step):
        """Take out tensors of later steps, of a run that was stopped, which now come again."""
        config, later = self._config(), re.compile(rf"{self.name}/step_(\d+)")
        gone = [
            entry for entry in config.embeddings
            if (found := later.fullmatch(entry.tensor_name)) and int(found[1]) > step
        ]  # fmt: skip
        for entry in gone:
            config.embeddings.remove(entry)
        if gone:
            self._save(config)
        for entry in gone:
            Path(self._run, entry.tensor_path).unlink(missing_ok=True)

    def _config(self):
        from google.protobuf import text_format
        from tensorboard.plugins.projector import projector_config_pb2

        path, config = self._run / _CONFIG, projector_config_pb2.ProjectorConfig()
        if path.is_file():
            try:
                text_format.Parse(path.read_text(encoding="utf-8"), config)
            except (text_format.ParseError, UnicodeDecodeError) as error:
                raise ValueError(f"{path} is no configuration of the projector: {error}; remove it") from error
        return config

    def _save(self, config):
        from google.protobuf import text_format

        write_file(self._run / _CONFIG, text_format.MessageToString(config).encode())


def _binary(vectors):
    """Return the bytes of float32 numbers, which TensorBoard takes for text where their first line can be decoded.

    One such file would break the whole tab. A first byte that begins no letter, the least of the first number, prevents
    it, and changes that number by less than a 30 000th.
    """
    content = bytearray(vectors.tobytes())
    try:
        content.partition(b"\n")[0].decode()
    except UnicodeDecodeError:
        return bytes(content)
    content[0] = 0x80
    return bytes(content)


def _cell(value):
    """Write a value in one cell of one line; what is nothing but space shows how it is written."""
    text = str(value)
    text = " ".join(text.split()) or repr(text)
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
