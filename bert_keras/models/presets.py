"""Models from and to directories as `transformers` keeps them."""

import dataclasses
import logging
import pathlib
import tempfile

import keras
import numpy as np

from bert_keras.atomic_files import write_files
from bert_keras.checkpoints import build_keras_hub, write_google, write_huggingface
from bert_keras.checkpoints.huggingface_config import ACTIVATIONS
from bert_keras.checkpoints.safetensors_shards import outdated_files
from bert_keras.layers.initializers import BERT_INITIALIZER_RANGE

FORMATS = ("huggingface", "google", "keras_hub", "keras")
KERAS_FILE = "model.keras"
TOKEN_TABLE = "embeddings/token_embedding/embeddings"
_LOG = logging.getLogger("bert_keras")


class Presets:
    """Mixin of a model: `save_to_preset`, and what the `from_preset` of each model needs.

    A preset is a directory with `config.json` and `model.safetensors`, heads included; the tokenizer adds its files.

    Attributes:
        load_report: after `from_preset` the `bert_keras.checkpoints.LoadReport` that says which weights were loaded,
            which are new, and what in the file was not used; None before.
    """

    load_report = None

    def save_to_preset(self, directory, *, format=None, max_shard_bytes=None):
        """Write the model so that `transformers`, Google's scripts or KerasHub, and `from_preset`, read it.

        All files are written under other names first, so that a killed process leaves the old preset or the new one.

        Args:
            directory: path of the directory; made if it is not there.
            format: "huggingface": `config.json` and `model.safetensors`; "google": `bert_config.json` and
                `bert_model.ckpt`, which takes TensorFlow; "keras_hub": what `to_keras_hub` gives, saved by KerasHub;
                "keras": `model.keras`, which bert_keras alone reads, without the optimizer. Default None, "huggingface"
                for all that is a BERT there, "keras" for what is none, such as an attention of one's own; it is logged.
            max_shard_bytes: most bytes of weights in a file of the Hugging Face layout, None for all in one.

        Raises:
            FileExistsError: where the directory holds a model of another format.
            ValueError: where the format has no such model; it says what stands in the way.
        """
        if format is None:
            format = self._preset_format()
        if format not in FORMATS:
            raise ValueError(f"Expected format to be one of {', '.join(FORMATS)}; received {format!r}.")
        if format == "keras_hub":
            if pathlib.Path(directory, "model.safetensors").exists():
                raise FileExistsError(
                    f"{directory} holds model.safetensors, whose config.json KerasHub would overwrite: "
                    "take another directory."
                )
            return self.to_keras_hub().save_to_preset(str(directory))
        if format == "keras":
            return self._save_keras_file(pathlib.Path(directory))
        arrays, arguments = self._plain_form()
        architecture, head = self._huggingface_form()
        if format == "google":
            write_google(directory, arrays, arguments, **head)
        else:
            shard = {"max_shard_bytes": max_shard_bytes}
            own_heads = write_huggingface(directory, architecture, arrays, arguments, **shard, **head)
            _tell_readers(directory, architecture, own_heads, head.get("task") or {})

    def expect_savable(self, directory):
        """Refuse before a long training what `save_to_preset(directory)` would refuse behind it.

        Args:
            directory: path of the directory, which need not be there.

        Raises:
            OSError: where the directory cannot be written to.
            ValueError: where the model could not be saved, or not loaded again in another process.
        """
        directory = pathlib.Path(directory)
        is_new = not directory.exists()
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
        if is_new:
            directory.rmdir()  # an empty preset would look like a finished one
        if self._preset_format() == "keras":
            _expect_no_other_format(directory)
            self._rebuilt()

    def _preset_format(self):
        """The format for which nothing has to be asked."""
        return "keras" if self._beyond_transformers() else "huggingface"

    def _beyond_transformers(self):
        """What of this model BERT of transformers does not have, in words."""
        encoder = getattr(self, "encoder", self)
        activation = _name_of(encoder.activation)
        return _own_parts(encoder) + ([] if activation in ACTIVATIONS else [f"the activation {activation!r}"])

    def _save_keras_file(self, directory):
        _expect_mergeable(self)
        _expect_no_other_format(directory)
        fresh = self._rebuilt()  # without what was compiled: an optimizer is twice as large as the model
        fresh.set_weights(self.get_weights())
        with tempfile.TemporaryDirectory() as folder:
            fresh.save(pathlib.Path(folder, KERAS_FILE))
            contents = {KERAS_FILE: pathlib.Path(folder, KERAS_FILE).read_bytes()}
        others = outdated_files(directory, contents)  # with whose config.json they would be read instead
        others += ["config.json"] if (directory / "config.json").is_file() else []
        write_files(directory, contents, removed=others)
        _LOG.warning(
            "%s: bert_keras alone reads %s: BERT of transformers has no form of %s.",
            directory,
            KERAS_FILE,
            " and ".join(self._beyond_transformers()) or "such a file",
        )

    def _rebuilt(self):
        """A model of the same class and config, as another process will build it, with new weights."""
        config = keras.saving.serialize_keras_object(self)
        config.pop("compile_config", None)
        try:
            return keras.saving.deserialize_keras_object(config)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{type(self).__name__} could be saved, but not loaded again: {cause_of(error)}"
            ) from error

    def to_keras_hub(self, *, exact=True):
        """Build KerasHub's model with the same weights.

        Args:
            exact: whether to refuse a model that KerasHub would compute otherwise. Its backbone knows "gelu_tanh" and
                an epsilon of 1e-12 alone, its masked-LM head "gelu" and 1e-5. With False the weights are taken over,
                and each difference is logged.

        Returns:
            `keras_hub.models.BertBackbone`, `BertMaskedLM` or `BertTextClassifier`.

        Raises:
            ValueError: where KerasHub has no such model; it says what stands in the way.
        """
        arrays, arguments = self._plain_form()
        return build_keras_hub(arrays, arguments, exact=exact, **self._keras_hub_head())

    def _keras_hub_head(self):
        return self._huggingface_form()[1]

    def _plain_form(self):
        """All weights as arrays by canonical name, and the arguments of a plain BERT encoder."""
        encoder = getattr(self, "encoder", self)
        _expect_mergeable(self)
        if parts := _own_parts(encoder):
            raise ValueError(
                f"BERT of transformers has no form of an encoder with {' and '.join(parts)}. "
                'Save it with format="keras", which bert_keras alone reads.'
            )
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in named_weights(self).items()}
        arrays[TOKEN_TABLE] = arrays[TOKEN_TABLE][: encoder.vocabulary_size]
        arguments = encoder.get_config() | {
            "attention_dropout": encoder.dropout if encoder.attention_dropout is None else encoder.attention_dropout,
            "activation": _name_of(encoder.activation),
            "initializer_range": getattr(encoder.kernel_initializer, "stddev", BERT_INITIALIZER_RANGE),
        }
        return arrays, arguments

    def _load(self, checkpoint, new=()):
        """Take the checkpoint's weights, except those whose names begin with one of `new`: they keep their values."""
        weights = named_weights(self)
        new = tuple(name for name in weights if name.startswith(tuple(new)))
        shapes = {name: tuple(weights[name].shape) for name in weights if name not in new}
        # Rows that the table was padded with are never in a file.
        if TOKEN_TABLE in shapes:  # embeddings of one's own may have another
            shapes[TOKEN_TABLE] = (getattr(self, "encoder", self).vocabulary_size, *shapes[TOKEN_TABLE][1:])
        arrays, report = checkpoint.read(shapes)
        for name, array in arrays.items():
            weights[name].assign(padded(array, weights[name].shape))
        self.load_report = dataclasses.replace(report, new=report.new + new)
        _LOG.log(logging.WARNING if self.load_report.new else logging.INFO, "%s", self.load_report)


def _tell_readers(directory, architecture, own_heads, task):
    """Say what transformers will find in a preset: not all that is there is known to it."""
    if own_heads:
        _LOG.warning(
            "%s: transformers reads the encoder alone (AutoModel) and refuses to load a head: bert_keras alone has %s.",
            directory,
            ", ".join(own_heads),
        )
    else:
        _LOG.info("%s: transformers reads it as %s.", directory, architecture)
    if limits := {name: value for name, value in task.items() if name.endswith("threshold")}:
        _LOG.warning("%s: bert_keras alone applies %s.", directory, ", ".join(f"{n} {v}" for n, v in limits.items()))


def padded(array, shape):
    """Bring an array to a shape with as many or more rows; the new ones are 0.

    Args:
        array: numpy array.
        shape: shape, the same but for the first axis.
    """
    missing = shape[0] - len(array) if array.ndim else 0
    return np.pad(array, ((0, missing), *[(0, 0)] * (array.ndim - 1))) if missing else array


def named_weights(model):
    """The weights of a model by canonical name: the path of the variable from the layer that the model names.

    Args:
        model: functional model of ours.

    Returns:
        dict from name to `keras.Variable`; a tied weight comes once.
    """
    names = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            names |= {weight.path: name for name, weight in named_weights(layer).items()}
            continue
        for weight in layer.weights:
            # A layer built inside another's scope carries that one's name in front.
            names.setdefault(weight.path, weight.path.removeprefix(layer.path.removesuffix(layer.name)))
    weights = {weight.path: weight for weight in model.weights}
    return {name: weights[path] for path, name in names.items()}


def _own_parts(encoder):
    own = encoder.own_parts()
    parts = {
        "normalize_first=True": encoder.normalize_first,
        "embeddings of one's own": own["embeddings"] is not None,
        "an attention mask of one's own": own["attention_mask"] is not None,
        "an attention of one's own": own["attention"] is not None,
        "a feed-forward of one's own": own["feed_forward"] is not None,
        "embedding_dim other than hidden_dim": encoder.embedding_dim not in (None, encoder.hidden_dim),
        "num_segments=0": not encoder.num_segments,
    }
    return [what for what, is_so in parts.items() if is_so]


def _expect_mergeable(model):
    """Refuse what neither format has: weights that are more, or other, than those of the model's config."""
    layers = model._flatten_layers()
    obstacles = {
        "adapters (call `bert_keras.training.merge_lora(encoder)`, and save)": any(
            getattr(layer, "lora_enabled", False) for layer in layers
        ),
        "quantized weights": any(layer.quantization_mode for layer in layers),
    }
    if found := [what for what, is_so in obstacles.items() if is_so]:
        raise ValueError(
            f"A preset has no form of an encoder with {' and '.join(found)}. "
            "Save it with `model.save(path)`, path ending in .keras, and load it with `keras.saving.load_model`."
        )


def _expect_no_other_format(directory):
    for name in ("bert_config.json", "model.weights.h5"):
        if (directory / name).is_file():
            raise FileExistsError(f"{directory} holds {name} of another format: take another directory.")


def cause_of(error):
    """What went wrong at last when Keras could not load something, without the configs that it prints around it.

    Args:
        error: the exception.
    """
    return str(error).rpartition("Exception encountered: ")[2].split(" Full object config")[0]


def _name_of(activation):
    return getattr(activation, "__name__", str(activation))
