"""Google's TF1 release: `bert_config.json`, `bert_model.ckpt.index` and `bert_model.ckpt.data-00000-of-00001`.

Reading and writing the variables takes TensorFlow, imported when it is needed, whatever the backend of Keras is.
"""

import functools
import json
import os
import pathlib
import tempfile
from collections.abc import Mapping

import numpy as np

from bert_keras.atomic_files import write_files
from bert_keras.checkpoints.checkpoint import Checkpoint, expect_as_many_tensors
from bert_keras.checkpoints.families import BERT, family_named, rows
from bert_keras.checkpoints.huggingface_config import HuggingFaceConfig, config_fields
from bert_keras.checkpoints.weight_table import StoredTensor, WeightTable

CONFIG_FILE = "bert_config.json"
_DENSE = {"kernel": ("/kernel", {}), "bias": ("/bias", {})}
_SPELLING = {  # kernels lie as in Keras, but what the scripts call `output_weights` is (outputs, inputs)
    "table": {"embeddings": ("", {})},
    "layer_norm": {"gamma": ("/gamma", {}), "beta": ("/beta", {})},
    **dict.fromkeys(("dense", "query_key_value", "attention_output"), _DENSE),
    "logits": {"kernel": ("output_weights", {"transposed": True}), "bias": ("output_bias", {})},
    "bias": {"bias": ("output_bias", {})},
}
_EPSILON = 1e-12  # of every layer norm in Google's code
# Google's code names no other. Its "gelu" was the exact one when most checkpoints were published, and transformers
# takes it for that; the code of today approximates it. Which one a model of ours has is noted in a field of our own.
_ACTIVATIONS = {"gelu": "gelu", "gelu_tanh": "gelu", "relu": "relu", "tanh": "tanh", "linear": "linear"}
_OWN_FIELD = "bert_keras_activation"
_FIELDS = (
    "attention_probs_dropout_prob", "bert_keras", "classifier_dropout", "hidden_dropout_prob", "hidden_size",
    "id2label", "initializer_range", "intermediate_size", "max_position_embeddings", "num_attention_heads",
    "num_hidden_layers", "problem_type", "type_vocab_size", "vocab_size",
)  # fmt: skip
# What a checkpoint taken in the middle of training has besides: the optimizer's state.
_SLOTS = ("adam_m", "adam_v", "Adam", "Adam_1", "lamb_m", "lamb_v")


class GoogleConfig(HuggingFaceConfig):
    """What `bert_config.json` says, in our words: its fields have the names that transformers took over."""

    @property
    def encoder_arguments(self) -> dict:
        """Arguments of the encoder's constructor."""
        own = self.field(_OWN_FIELD)
        if own is not None and (not isinstance(own, str) or own not in _ACTIVATIONS):
            raise ValueError(f"{self.path}: {_OWN_FIELD} is {own!r}; supported: {', '.join(_ACTIVATIONS)}.")
        return super().encoder_arguments | ({} if own is None else {"activation": own})


class GoogleCheckpoint(Checkpoint):
    """A TF1 checkpoint whose configuration and names of variables have been read, but no variable yet.

    Args:
        path: directory with `bert_config.json` and one checkpoint, or a checkpoint's path without its endings, such as
            "uncased_L-12_H-768_A-12/bert_model.ckpt", beside `bert_config.json`.

    Raises:
        FileNotFoundError: where a file is missing, or the directory has more than one checkpoint.
        ImportError: where TensorFlow is not installed.
        ValueError: where a file is damaged, they do not agree, or they describe a model that we do not have.
    """

    def __init__(self, path: str | os.PathLike):
        prefix = _checkpoint_prefix(pathlib.Path(path))
        # Who passes a checkpoint on often names the configuration as transformers does, or gives both.
        configs = [path for name in (CONFIG_FILE, "config.json") if (path := prefix.parent / name).is_file()]
        if not configs:
            raise FileNotFoundError(f"{prefix.parent} has no {CONFIG_FILE}, which belongs to {prefix.name}.")
        config = GoogleConfig(configs[0])
        config.family.expect_form("google", "Google's TF1 release")
        tensors = _stored_tensors(str(prefix))
        num_layers = config.encoder_arguments["num_layers"]
        expect_as_many_tensors(prefix, len(tensors), num_layers)
        super().__init__(config, WeightTable(str(prefix), tensors, _rows(num_layers)))


def _checkpoint_prefix(path):
    if not path.is_dir():
        prefix = path.with_name(path.name.removesuffix(".index"))
        if not prefix.with_name(f"{prefix.name}.index").is_file():
            raise FileNotFoundError(f"There is no {prefix}.index, with which a checkpoint of TensorFlow begins.")
        return prefix
    names = sorted(file.name.removesuffix(".index") for file in path.glob("*.index"))
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise FileNotFoundError(
            f"Expected one checkpoint of TensorFlow in {path}, found {found}. "
            "Give the path of one without its endings, such as .../bert_model.ckpt."
        )
    return path / names[0]


def _tensorflow():
    try:
        import tensorflow
    except ImportError as error:
        raise ImportError("A checkpoint of TensorFlow is read and written with TensorFlow: install it.") from error
    return tensorflow


def _stored_tensors(prefix):
    tensorflow = _tensorflow()
    try:
        reader = tensorflow.train.load_checkpoint(prefix)
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    except (tensorflow.errors.OpError, IndexError, RuntimeError, ValueError) as error:
        raise ValueError(f"{prefix}.index is no sound checkpoint of TensorFlow: {error}.") from error

    def read(name):
        try:
            return reader.get_tensor(name)
        except (tensorflow.errors.OpError, IndexError, RuntimeError, ValueError) as error:
            raise ValueError(f"{prefix}: the bytes of {name} are damaged: {error}.") from error

    return {
        name: StoredTensor(
            name, tuple(shape), dtypes[name].name, dtypes[name].is_floating, functools.partial(read, name)
        )
        for name, shape in sorted(shapes.items())
        if not _is_slot(name)
    }


def _rows(num_layers):
    return rows(BERT.model(num_layers), "google", _SPELLING)


def _is_slot(name):
    """Whether a variable belongs to the optimizer."""
    return name.rpartition("/")[2] in _SLOTS or name == "global_step" or name.endswith(("beta1_power", "beta2_power"))


def write_google(
    directory: str | os.PathLike, arrays: Mapping[str, np.ndarray], arguments: Mapping, settings: Mapping | None = None
) -> None:
    """Write a model as Google's scripts would: `bert_config.json` and `bert_model.ckpt`.

    All files are written under other names first, so that a killed process leaves the old ones.

    Args:
        directory: path of the directory; made if it is not there.
        arrays: {canonical name: array} of all weights.
        arguments: arguments of the encoder's constructor, with the number `initializer_range`.
        settings: dict of what is noted of a model around the encoder, see `config_fields`.

    Raises:
        FileExistsError: where the directory holds a model of another format, which would be read instead.
        ImportError: where TensorFlow is not installed.
        ValueError: where Google's code has no such model; it says what stands in the way.
    """
    family_named(arguments.get("family", BERT.model_type)).expect_form("google", "Google's TF1 release")
    if arguments["activation"] not in _ACTIVATIONS or arguments["layer_norm_epsilon"] != _EPSILON:
        raise ValueError(
            f"Google's BERT has a layer norm epsilon of {_EPSILON} and one of the activations "
            f"{', '.join(_ACTIVATIONS)}; this model has {arguments['layer_norm_epsilon']} and "
            f"{arguments['activation']}."
        )
    if pathlib.Path(directory, "config.json").exists():
        raise FileExistsError(
            f"{directory} holds config.json of another format, which would be read instead of what is saved now: "
            "take another directory."
        )
    table = _rows(arguments["num_layers"])
    tensors = WeightTable.to_theirs(table, arrays, "Google's BERT")
    fields = config_fields("encoder", arguments, settings)
    fields = {name: fields[name] for name in _FIELDS if name in fields} | {
        "hidden_act": _ACTIVATIONS[arguments["activation"]],
        _OWN_FIELD: arguments["activation"],
    }
    config = (json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        names = sorted(tensors)
        _tensorflow().raw_ops.SaveV2(
            prefix=f"{folder}/bert_model.ckpt",
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tensors[name] for name in names],
        )
        contents = {path.name: path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())}
    write_files(directory, contents | {CONFIG_FILE: config})
