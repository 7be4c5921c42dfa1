"""What the encoder and every model around one are: a dict by name in, one config, and directories to keep them in."""

import dataclasses
import inspect
import logging
import os
import pathlib
import tempfile
from typing import Any

import keras

from bert_keras.atomic_files import write_files
from bert_keras.checkpoints import build_keras_hub, write_google, write_huggingface
from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import family_named
from bert_keras.checkpoints.safetensors_shards import outdated_files
from bert_keras.keras_internals import layers_within
from bert_keras.layers.encoder_block import part_config
from bert_keras.layers.initializers import BERT_INITIALIZER_RANGE
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.dtype_config import dtype_config
from bert_keras.models.frozen_layers import freeze_layers, frozen_layers
from bert_keras.models.named_weights import TOKEN_TABLE, named_weights, padded

FORMATS = ("huggingface", "google", "keras_hub", "keras")
KERAS_FILE = "model.keras"
_NO_CONFIG = ("self", "inputs", "outputs", "name", "dtype")  # arguments that every model has
_LOG = logging.getLogger("bert_keras")


class PresetModel(BatchInputs):
    """A functional model of ours: its constructor's arguments are attributes and its config, and presets keep it.

    A preset is a directory with `config.json` and `model.safetensors`, heads included; the tokenizer adds its files.
    After `from_preset` the attribute `load_report`, a `bert_keras.checkpoints.LoadReport`, says which weights were
    loaded, which are new, and what in the file was not used.
    """

    load_report = None
    kind = "encoder"  # which published model others read it as; see `bert_keras.checkpoints.families`
    heads = ()  # names of the layers above the encoder that have weights
    unpublished_heads = ()  # of those that training alone needs, and presets leave out
    parts = ()  # arguments of the constructor that are layers
    encoder_options = {}  # arguments that its encoder always has, whatever its family has in transformers

    @classmethod
    def own_arguments(cls) -> dict[str, inspect.Parameter]:
        """Give the arguments of the constructor beside those of all models; of all classes that `**kwargs` reach."""
        found = {}
        for kind in cls.__mro__[: cls.__mro__.index(PresetModel)]:
            parameters = inspect.signature(kind.__init__).parameters if "__init__" in vars(kind) else {}
            named = (p for p in parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
            found |= {p.name: p for p in named if p.name not in (*_NO_CONFIG, *found)}
            if parameters and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
                break
        return found

    def get_config(self) -> dict:
        return {
            "name": self.name,
            "trainable": self.trainable,
            "frozen_layers": frozen_layers(self),
            "dtype": dtype_config(self),
            **{name: plain_form(self.argument(name)) for name in self.own_arguments() if name not in self.parts},
            **{name: plain_form(part) for name, part in self.own_parts().items()},
        }

    def argument(self, name: str) -> Any:
        """Return what the constructor was given: an attribute of the same name.

        Args:
            name: name of the argument.

        Raises:
            ValueError: where the constructor does not keep it.
        """
        if not hasattr(self, name):
            raise ValueError(
                f"{type(self).__name__} does not keep its argument {name}, which configs and presets need: write "
                f"self.{name} = {name} in the constructor."
            )
        return getattr(self, name)

    def own_parts(self) -> dict[str, keras.layers.Layer | None]:
        """Return the parts as they were given: dict from the constructor's argument to the layer."""
        return {name: getattr(self, name) for name in self.parts}

    @classmethod
    def from_config(cls, config: dict) -> "PresetModel":
        """Build the model from its config; the classes of its parts must be registered with Keras or in scope."""
        config = config | {name: keras.saving.deserialize_keras_object(config.get(name)) for name in cls.parts}
        frozen = config.pop("frozen_layers", ())
        model = cls(**config)
        freeze_layers(model, frozen)
        return model

    def preset_settings(self) -> dict:
        """Give what a preset notes of the model beside its encoder and its weights, by the constructor's arguments."""
        return {}

    def save_to_preset(
        self, directory: str | os.PathLike, *, format: str | None = None, max_shard_bytes: int | None = None
    ) -> None:
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
        _expect_all_heads(self)
        arrays, arguments = self._plain_form()
        settings = self.preset_settings()
        if format == "google":
            return write_google(directory, arrays, arguments, settings)
        architecture, own_heads = write_huggingface(
            directory, self.kind, arrays, arguments, settings, heads=self.heads, max_shard_bytes=max_shard_bytes,
            family=family_named(arguments["family"]),
        )  # fmt: skip
        _tell_readers(directory, architecture, own_heads, settings)

    def expect_savable(self, directory: str | os.PathLike) -> None:
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
        else:
            self.preset_settings()
            _expect_all_heads(self)

    def _preset_format(self):
        """Return the format for which nothing has to be asked."""
        return "keras" if self._beyond_transformers() else "huggingface"

    def _beyond_transformers(self):
        """Return what of this model its family in transformers does not have, in words."""
        encoder = getattr(self, "encoder", self)
        family, activation = family_named(encoder.family), _name_of(encoder.activation)
        found = [] if activation in family.activations.values() else [f"the activation {activation!r}"]
        return (
            _own_parts(encoder, self.encoder_options)
            + found
            + ([] if self.kind in family.architectures else [f"heads for {self.kind}"])
        )

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
            "%s: bert_keras alone reads %s: %s of transformers has no form of %s.",
            directory,
            KERAS_FILE,
            family_named(getattr(self, "encoder", self).family).name,
            " and ".join(self._beyond_transformers()) or "such a file",
        )

    def _rebuilt(self):
        """Return a model of the same class and config, as another process will build it, with new weights."""
        config = keras.saving.serialize_keras_object(self)
        config.pop("compile_config", None)
        try:
            return keras.saving.deserialize_keras_object(config)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{type(self).__name__} could be saved, but not loaded again: {cause_of(error)}"
            ) from error

    def to_keras_hub(self, *, exact: bool = True) -> keras.Model:
        """Build KerasHub's model with the same weights.

        Args:
            exact: whether to refuse a model that KerasHub would compute otherwise. Each of its backbones knows one
                activation and one epsilon, `BertBackbone` "gelu_tanh" and 1e-12; so does each masked-LM head. With
                False the weights are taken over, and each difference is logged.

        Returns:
            the backbone of the encoder's family, its masked-LM model or its text classifier, such as
            `keras_hub.models.BertBackbone`, `RobertaMaskedLM` or `AlbertTextClassifier`.

        Raises:
            ValueError: where KerasHub has no such model; it says what stands in the way.
        """
        arrays, arguments = self._plain_form()
        return build_keras_hub(arrays, arguments, self.preset_settings(), exact=exact)

    def _plain_form(self):
        """All weights as arrays by canonical name, and the arguments of a plain BERT encoder and its masked-LM head."""
        encoder = getattr(self, "encoder", self)
        _expect_mergeable(self)
        if parts := _own_parts(encoder, self.encoder_options):
            name = family_named(encoder.family).name
            raise ValueError(
                f"{name} of transformers has no form of an encoder with {' and '.join(parts)}. "
                'Save it with format="keras", which bert_keras alone reads.'
            )
        left_out = tuple(f"{head}/" for head in self.unpublished_heads)
        weights = {name: variable for name, variable in named_weights(self).items() if not name.startswith(left_out)}
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in weights.items()}
        arrays[TOKEN_TABLE] = arrays[TOKEN_TABLE][: encoder.vocabulary_size]
        arguments = encoder.get_config() | {
            "attention_dropout": encoder.dropout if encoder.attention_dropout is None else encoder.attention_dropout,
            "activation": _name_of(encoder.activation),
            "initializer_range": getattr(encoder.kernel_initializer, "stddev", BERT_INITIALIZER_RANGE),
        }
        return arrays, arguments

    def _load(self, checkpoint: Checkpoint, new=()):
        """Take the checkpoint's weights, except those whose names begin with one of `new`: they keep their values."""
        weights = named_weights(self)
        new = tuple(name for name in weights if name.startswith(tuple(new)))
        shapes = {name: tuple(weights[name].shape) for name in weights if name not in new}
        # Rows that the table was padded with are never in a file.
        if TOKEN_TABLE in shapes:  # embeddings of one's own may have another
            shapes[TOKEN_TABLE] = (getattr(self, "encoder", self).vocabulary_size, *shapes[TOKEN_TABLE][1:])
        arrays, report = checkpoint.read(shapes)
        while arrays:  # freed one by one, or the model would be in memory twice
            name, array = arrays.popitem()
            weights[name].assign(padded(array, weights[name].shape))
        self.load_report = dataclasses.replace(report, new=report.new + new)
        _LOG.log(logging.WARNING if self.load_report.new else logging.INFO, "%s", self.load_report)


def _tell_readers(directory, architecture, own_heads, settings):
    """Say what transformers will find in a preset: not all that is there is known to it."""
    if own_heads:
        _LOG.warning(
            "%s: transformers reads the encoder alone (AutoModel) and refuses to load a head: bert_keras alone has %s.",
            directory,
            ", ".join(own_heads),
        )
    else:
        _LOG.info("%s: transformers reads it as %s.", directory, architecture)
    if limits := {name: value for name, value in settings.items() if name.endswith("threshold")}:
        _LOG.warning("%s: bert_keras alone applies %s.", directory, ", ".join(f"{n} {v}" for n, v in limits.items()))


def _own_parts(encoder, given):
    """Say what an encoder has that its family has not, but for what the model around it gives to every encoder."""
    own = encoder.own_parts()
    parts = {
        "embeddings of one's own": own["embeddings"] is not None,
        "an attention mask of one's own": own["attention_mask"] is not None,
        "an attention of one's own": own["attention"] is not None,
        "a feed-forward of one's own": own["feed_forward"] is not None,
    }
    arguments = {name: getattr(encoder, name) for name in encoder.own_arguments()}
    return [what for what, is_so in parts.items() if is_so] + family_named(encoder.family).differences(
        arguments, but=given
    )


def _expect_mergeable(model):
    """Refuse what neither format has: weights that are more, or other, than those of the model's config."""
    layers = layers_within(model)
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


def _expect_all_heads(model):
    """Refuse a layer with weights that is neither the encoder's nor among the heads: presets have no name for it."""
    encoder = getattr(model, "encoder", model)
    layers = dict.fromkeys(name.split("/")[0] for name in named_weights(model))
    known = {*(name.split("/")[0] for name in named_weights(encoder)), *model.heads, *model.unpublished_heads}
    if missing := [layer for layer in layers if layer not in known]:
        raise ValueError(
            f"{type(model).__name__} has weights in the layers {', '.join(missing)}, which presets would lose: name "
            f"them in its attribute heads, which is {model.heads!r}."
        )


def _expect_no_other_format(directory):
    for name in ("bert_config.json", "model.weights.h5"):
        if (directory / name).is_file():
            raise FileExistsError(f"{directory} holds {name} of another format: take another directory.")


def plain_form(value: object) -> object:
    """Return the form of an argument in a config.

    Args:
        value: number, text, None, or a sequence of them; layer; initializer; or activation function.
    """
    if isinstance(value, (keras.initializers.Initializer, keras.Model)):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, keras.layers.Layer):
        return part_config(value)
    if isinstance(value, tuple):
        return list(value)
    return keras.activations.serialize(value) if callable(value) else value


def cause_of(error: Exception) -> str:
    """Return what went wrong at last when Keras could not load something, without the configs that it prints around it.

    Args:
        error: the exception.
    """
    return str(error).rpartition("Exception encountered: ")[2].split(" Full object config")[0]


def _name_of(activation):
    return getattr(activation, "__name__", str(activation))
