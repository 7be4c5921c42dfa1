"""A preset that is a `.keras` file: what encoders with parts of one's own are saved as."""

import os
import pathlib
import zipfile
from collections.abc import Mapping

import keras
import numpy as np

from bert_keras.atomic_files import finish_write
from bert_keras.checkpoints import LoadReport, open_checkpoint
from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.keras_internals import layers_within
from bert_keras.models.named_weights import TOKEN_TABLE, named_weights
from bert_keras.models.preset_model import KERAS_FILE, PresetModel, cause_of
from bert_keras.preset_location import locate_preset

_NOT_ARGUMENTS = ("name", "trainable", "frozen_layers", "dtype")


def open_preset(preset: str | os.PathLike | keras.Model) -> Checkpoint:
    """Open whatever a preset may be: what `bert_keras.checkpoints.open_checkpoint` takes, or a `.keras` file of ours.

    Args:
        preset: what `open_checkpoint` takes; path of a `.keras` file with an encoder or a model around one; or of a
            directory with `model.keras` and no `config.json`.

    Returns:
        `bert_keras.checkpoints.checkpoint.Checkpoint`.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where a file is damaged, or describes a model that we do not have.
    """
    if not isinstance(preset, (str, os.PathLike)):
        return open_checkpoint(preset)
    path = pathlib.Path(locate_preset(preset))
    if path.suffix == ".keras" and path.is_file():
        return SavedModel(path)
    if path.is_dir():
        finish_write(path)
        if (path / KERAS_FILE).is_file() and not (path / "config.json").is_file():
            return SavedModel(path / KERAS_FILE)
    return open_checkpoint(path)


class SavedModel(Checkpoint):
    """A `.keras` file of ours with its weights in memory; the classes of its parts must be registered and imported.

    Nothing in the file is run: Keras loads it in its safe mode.

    Args:
        path: path of the file.

    Raises:
        ValueError: where it is damaged, a class in it is not known, or it holds something else than an encoder of ours
            or a model around one.
    """

    def __init__(self, path: str | os.PathLike):
        self.source = str(path)
        model = _load(path)
        encoder = getattr(model, "encoder", model)
        if not isinstance(model, PresetModel) or any(layer.quantization_mode for layer in layers_within(model)):
            raise ValueError(
                f"{path} holds a {type(model).__name__}; expected a BertEncoder, or a model of bert_keras around one, "
                "that is not quantized. Load it with keras.saving.load_model."
            )
        self.config = _Config(self.source, model, encoder)
        self.encoder_class = type(encoder)
        self._weights = named_weights(model)
        self._shapes = {name: tuple(weight.shape) for name, weight in self._weights.items()}
        # Rows that the table was padded with are never a preset's.
        if TOKEN_TABLE in self._shapes:
            self._shapes[TOKEN_TABLE] = (encoder.vocabulary_size, *self._shapes[TOKEN_TABLE][1:])

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """{canonical name: shape} of the weights that are there."""
        return dict(self._shapes)

    def read(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, np.ndarray], LoadReport]:
        """As `Checkpoint.read`."""
        sources = self._sources(shapes)
        for name, source in sources.items():
            if self._shapes[source] != tuple(shapes[name]):
                raise ValueError(
                    f"{self.source}: weight {name} must have the shape {tuple(shapes[name])}, found "
                    f"{self._shapes[source]}."
                )
        arrays = {
            name: keras.ops.convert_to_numpy(keras.ops.cast(self._weights[source], "float32"))
            for name, source in sources.items()
        }
        if (table := arrays.get(TOKEN_TABLE)) is not None:
            arrays[TOKEN_TABLE] = table[: self._shapes[TOKEN_TABLE][0]]
        report = LoadReport(
            self.source,
            loaded=tuple(sources),
            new=tuple(name for name in shapes if name not in sources),
            unused=tuple(name for name in self._weights if name not in sources.values()),
        )
        return arrays, report

    def _sources(self, shapes):
        """For each weight that is wanted the one of the file that it is.

        Keras numbers the layers of a user's own part that have no names, and goes on numbering: where a layer of the
        model has the same shapes as in the file, its weights are told by their order.
        """
        sources, stored = {}, _by_layer(self._shapes)
        for layer, names in _by_layer(shapes).items():
            theirs = stored.get(layer, [])
            if [tuple(shapes[name]) for name in names] == [self._shapes[name] for name in theirs]:
                sources |= dict(zip(names, theirs))
            else:
                sources |= {name: name for name in names if name in theirs}
        return sources


class _Config:
    """What the model says of itself, in the words of `Checkpoint`."""

    def __init__(self, path, model, encoder):
        self.path = path
        self.settings = {"dropout": encoder.dropout} | model.preset_settings()
        self.labels = self.settings.get("labels")
        self.own_heads = list(model.heads)
        config = {name: value for name, value in encoder.get_config().items() if name not in _NOT_ARGUMENTS}
        self.encoder_arguments = config | encoder.own_parts()


def _load(path):
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be loaded: {cause_of(error)}") from error


def _by_layer(names):
    layers = {}
    for name in names:
        layers.setdefault(name.split("/")[0], []).append(name)
    return layers
