"""KerasHub's BERT, as an object or as a preset directory: `config.json`, `model.weights.h5`, `task.json`, ...

KerasHub is imported where one is read or built, and reads its own weight files; which class to build is decided here,
from the names that are known, never from what a file asks for.
"""

import functools
import logging
import math
import pathlib
import warnings
from collections.abc import Mapping

import keras
import numpy as np

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.encoder_shapes import encoder_shapes
from bert_keras.checkpoints.families import BERT, family_named, rows
from bert_keras.checkpoints.json_file import read_json
from bert_keras.checkpoints.weight_table import StoredTensor, WeightTable

WEIGHTS_FILE, TASK_FILE, TASK_WEIGHTS_FILE = "model.weights.h5", "task.json", "task.weights.h5"
_LOG = logging.getLogger("bert_keras")
_NUMBERS = {
    "vocabulary_size": int,
    "num_layers": int,
    "num_heads": int,
    "hidden_dim": int,
    "intermediate_dim": int,
    "max_sequence_length": int,
    "num_segments": int,
    "dropout": float,
}
_NO_MATTER = ("name", "trainable", "dtype", "preprocessor", "backbone")
# What BertBackbone computes with, whatever its config.
_FIXED = {"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12}
# The same for the head of BertMaskedLM.
_FIXED_HEAD = {"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5}
# Of a head of classes, what BertTextClassifier has, and what it takes for granted.
_HEAD = ("num_classes", "dropout")
_ASSUMED = (None, "single_label_classification")


class KerasHubConfig:
    """What a backbone's and a task's config say, in our words.

    Args:
        path: where the configs are from, for messages.
        backbone: config of a `BertBackbone`.
        task: config of a `BertTextClassifier`, or None.

    Raises:
        ValueError: where a field is missing, of the wrong type, or unknown.
    """

    labels = None

    def __init__(self, path: str, backbone: Mapping, task: Mapping | None = None):
        self.path = path
        for name in backbone:
            if name not in _NUMBERS and name not in _NO_MATTER:
                raise ValueError(f"{path}: {name} is not known of KerasHub's BertBackbone.")
        numbers = {name: self._number(backbone, name, kind) for name, kind in _NUMBERS.items()}
        self.encoder_arguments = numbers | {"attention_dropout": numbers["dropout"]} | _FIXED
        self.settings, self.own_heads = {"dropout": numbers["dropout"]}, []
        if task is not None:
            self.num_classes = self._number(task, "num_classes", int)
            self.settings["dropout"] = self._number(task, "dropout", float)
            # Ours gives the logits that a softmax was put on.
            if task.get("activation") not in (None, "linear", "softmax"):
                raise ValueError(f"{path}: activation is {task['activation']!r}; supported: linear, softmax.")

    def _number(self, fields, name, kind):
        value = fields.get(name)
        kinds, least, words = ((int,), 1, "whole number above 0") if kind is int else ((int, float), 0, "number")
        if type(value) not in kinds or not least <= value < math.inf:
            raise ValueError(f"{self.path}: {name} must be a {words}, not {value!r}.")
        return kind(value)


class KerasHubCheckpoint(Checkpoint):
    """KerasHub's BERT with its weights in memory; `model` is the object itself.

    Args:
        preset: `keras_hub.models.BertBackbone`, `BertMaskedLM` or `BertTextClassifier`, or the path of a preset
            directory that one of them was saved to.

    Raises:
        FileNotFoundError: where a file is missing.
        ImportError: where KerasHub is not installed.
        ValueError: where a file is damaged, the files do not agree, or they describe a model that we do not have.
    """

    def __init__(self, preset: object):
        if hasattr(preset, "get_config"):
            source, model = f"{type(preset).__name__} of KerasHub", preset
            config = _config_of(preset, source)
        else:
            source, (model, config) = str(preset), _load(pathlib.Path(preset))
        self.model = model
        tensors = {
            name: StoredTensor(
                name,
                tuple(variable.shape),
                variable.dtype,
                True,
                functools.partial(keras.ops.convert_to_numpy, variable),
            )
            for name, variable in _variables(model).items()
        }
        arguments = config.encoder_arguments
        table = _rows(arguments["num_layers"], arguments["num_heads"])
        super().__init__(config, WeightTable(source, tensors, table))
        if "masked_lm_head/bias" in self.shapes:
            config.settings |= _FIXED_HEAD


def build_keras_hub(
    arrays: Mapping[str, np.ndarray], arguments: Mapping, settings: Mapping, *, exact: bool = True
) -> keras.Model:
    """Build KerasHub's model with the weights of ours.

    Args:
        arrays: {canonical name: array} of all weights.
        arguments: arguments of the encoder's constructor; with a masked-LM head `head_activation` and
            `head_layer_norm_epsilon`, too.
        settings: dict of what is noted of a model around the encoder, by the names of its constructor's arguments. What
            KerasHub has no place for, such as labels or a threshold, is logged.
        exact: whether to refuse a model that KerasHub would compute otherwise: it knows but one activation and one
            epsilon in the backbone, others in the head. With False the weights are taken over and each difference is
            logged.

    Returns:
        `keras_hub.models.BertBackbone`, `BertMaskedLM` or `BertTextClassifier`.

    Raises:
        ImportError: where KerasHub is not installed.
        ValueError: where KerasHub has no such model; it says what stands in the way.
    """
    family_named(arguments.get("family", BERT.model_type)).expect_form(
        "keras_hub", "bert_keras writes models of KerasHub, which"
    )
    asked = {name: arguments[name] for name in _FIXED} | {"attention_dropout": arguments["attention_dropout"]}
    fixed = _FIXED | {"attention_dropout": arguments["dropout"]}
    if "masked_lm_head/bias" in arrays:
        asked |= {name: arguments[name] for name in _FIXED_HEAD}
        fixed |= _FIXED_HEAD
    differences = [f"{name} is {asked[name]} here, {fixed[name]} there" for name in asked if asked[name] != fixed[name]]
    if differences and exact:
        raise ValueError(
            f"KerasHub's BERT computes something else: {'; '.join(differences)}. With exact=False the weights are "
            "taken over all the same."
        )
    table = _rows(arguments["num_layers"], arguments["num_heads"])
    tensors = WeightTable.to_theirs(table, arrays, "KerasHub's BERT")
    models = _keras_hub().models
    backbone = models.BertBackbone(**{name: arguments[name] for name in _NUMBERS})
    if "masked_lm_head/bias" in arrays:
        model = models.BertMaskedLM(backbone)
    elif "classification_head/dense/bias" in arrays:
        model = models.BertTextClassifier(
            backbone, num_classes=settings["num_classes"], dropout=settings["dropout"], activation="linear"
        )
    else:
        model = backbone
    variables = _variables(model)
    for name, array in tensors.items():
        variables[name].assign(array)
    if differences:
        _LOG.warning("KerasHub's BERT computes something else: %s", "; ".join(differences))
    lost = [f"{name} {value}" for name, value in settings.items() if name not in _HEAD and value not in _ASSUMED]
    if lost:
        _LOG.warning("KerasHub's BERT has no place for %s", ", ".join(lost))
    return model


def _rows(num_layers, num_heads):
    """Rows of the backbone and of the heads of its two tasks; its attention keeps the heads on an axis of their own."""

    def split(axis):
        return {"heads_axis": axis, "num_heads": num_heads}

    dense = {"kernel": ("/kernel", {}), "bias": ("/bias", {})}
    spelling = {
        "table": {"embeddings": ("/embeddings", {})},
        "layer_norm": {"gamma": ("/gamma", {}), "beta": ("/beta", {})},
        "dense": dense,
        "logits": dense,
        "bias": {"bias": ("/output_bias", {})},
        "query_key_value": {"kernel": ("/kernel", split(1)), "bias": ("/bias", split(0))},
        "attention_output": {"kernel": ("/kernel", split(0)), "bias": ("/bias", {})},
    }
    return rows(BERT.model(num_layers), "keras_hub", spelling)


def _keras_hub():
    try:
        import keras_hub
    except ImportError as error:
        raise ImportError("A model of KerasHub is read and built with keras-hub: install it.") from error
    return keras_hub


def _config_of(model, source):
    models = _keras_hub().models
    if isinstance(model, models.BertBackbone):
        return KerasHubConfig(source, model.get_config())
    if isinstance(model, models.BertMaskedLM):
        return KerasHubConfig(source, model.backbone.get_config())
    if isinstance(model, models.BertTextClassifier):
        return KerasHubConfig(source, model.backbone.get_config(), model.get_config())
    raise ValueError(
        f"Expected BertBackbone, BertMaskedLM or BertTextClassifier of KerasHub, or a preset; received {source}."
    )


def _load(directory):
    """Return the model that a preset directory holds, and its config."""
    fields = read_json(directory / "config.json")
    if fields.get("class_name") != "BertBackbone" or not isinstance(fields.get("config"), dict):
        raise ValueError(f"{directory}/config.json: class_name is {fields.get('class_name')!r}; expected BertBackbone.")
    config = KerasHubConfig(f"{directory}/config.json", fields["config"])
    _expect_size(directory / WEIGHTS_FILE, config.encoder_arguments)
    models = _keras_hub().models
    model = models.BertBackbone(**{name: config.encoder_arguments[name] for name in _NUMBERS})
    _load_weights(model.load_weights, directory / WEIGHTS_FILE)
    if (directory / TASK_WEIGHTS_FILE).is_file():
        task = read_json(directory / TASK_FILE)
        if task.get("class_name") == "BertMaskedLM":
            model = models.BertMaskedLM(model)
        elif task.get("class_name") in ("BertTextClassifier", "BertClassifier") and isinstance(task["config"], dict):
            config = KerasHubConfig(f"{directory}/{TASK_FILE}", fields["config"], task["config"])
            model = models.BertTextClassifier(model, num_classes=config.num_classes)
        else:
            return model, config  # another task's head, which we have no model for
        _load_weights(model.load_task_weights, directory / TASK_WEIGHTS_FILE)
    return model, config


def _expect_size(path, arguments):
    """Hold the number of weights in the file against its configuration, before a model is built."""
    import h5py

    if not path.is_file():
        raise FileNotFoundError(f"{path.parent} has no {path.name}, which a preset of KerasHub needs.")
    sizes = []
    try:
        with h5py.File(path, "r") as file:
            file.visititems(lambda name, item: sizes.append(math.prod(getattr(item, "shape", (0,)))))
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path} is no sound HDF5 file: {error}.") from error
    if arguments["num_layers"] > len(sizes):
        raise ValueError(f"{path} has too few weights for the {arguments['num_layers']} layers of config.json.")
    expected = sum(map(math.prod, encoder_shapes(arguments).values()))
    if sum(sizes) < expected:
        raise ValueError(f"{path} has {sum(sizes)} numbers; the model of config.json needs {expected}.")


def _load_weights(load, path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            load(str(path))
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path} does not fit the model of config.json: {error}") from error
    for warning in caught:
        _LOG.warning("%s: %s", path, warning.message)


def _variables(model):
    """All variables by the path that begins with the name of their layer."""
    variables = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            variables |= _variables(layer)
            continue
        for variable in layer.weights:
            before, name, after = variable.path.rpartition(f"{layer.name}/")
            if name:  # else it is tied, and another layer's
                variables[name + after] = variable
    return variables
