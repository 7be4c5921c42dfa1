"""KerasHub's BERT and its relatives, objects or preset directories: `config.json`, `model.weights.h5`, `task.json`, ...

KerasHub is imported where one is read or built, and reads its own weight files; which class to build is decided here,
from the names that are known, never from what a file asks for.
"""

import logging
import math
import pathlib
import warnings
from collections.abc import Mapping

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import FAMILIES, Family, spelled_out
from bert_keras.checkpoints.json_file import read_json
from bert_keras.checkpoints.keras_hub_weights import keras_hub_models, num_numbers, read_weights

WEIGHTS_FILE, TASK_FILE, TASK_WEIGHTS_FILE = "model.weights.h5", "task.json", "task.weights.h5"
_LOG = logging.getLogger("bert_keras")
_NO_MATTER = ("name", "trainable", "dtype", "preprocessor", "backbone")
_FAMILIES = {family.keras_hub.name: family for family in FAMILIES.values() if family.keras_hub}
_CLASSIFIERS = ("TextClassifier", "Classifier")  # the second as KerasHub's forerunner called it


class KerasHubConfig:
    """What a backbone's and a task's config say, in our words.

    Args:
        path: where the configs are from, for messages.
        family: what the backbone is of.
        backbone: its config.
        task: config of its text classifier, or None.

    Raises:
        ValueError: where a field is missing, of the wrong type, or unknown, or where the head has another width.
    """

    labels = None

    def __init__(self, path: str, family: Family, backbone: Mapping, task: Mapping | None = None):
        self.path, form = path, family.keras_hub
        for name in backbone:
            if name not in form.numbers and name not in _NO_MATTER:
                raise ValueError(f"{path}: {name} is not known of KerasHub's {form.name}.")
        numbers = {
            ours: self._number(backbone, name, float if ours == "dropout" else int)
            for name, ours in form.numbers.items()
        }
        if numbers.get("embedding_dim") == numbers["hidden_dim"] and not family.always_projects:
            numbers["embedding_dim"] = None
        own = {"family": family.model_type, "attention_dropout": numbers["dropout"]}
        own |= {} if any(layer.keras_hub for layer in family.pooler) else {"pooler": False}
        self.encoder_arguments = dict(family.size_defaults) | numbers | own | dict(form.fixed)
        self.settings, self.own_heads = {"dropout": numbers["dropout"]}, []
        if task is not None:
            self.num_classes = self._number(task, "num_classes", int)
            self.settings["dropout"] = self._number(task, "dropout", float)
            # Ours gives the logits that a softmax was put on.
            if task.get("activation") not in (None, "linear", "softmax"):
                raise ValueError(f"{path}: activation is {task['activation']!r}; supported: linear, softmax.")
            if task.get("hidden_dim") not in (None, numbers["hidden_dim"]):
                raise ValueError(
                    f"{path}: hidden_dim is {task['hidden_dim']!r}; supported: {numbers['hidden_dim']}, the backbone's."
                )

    def _number(self, fields, name, kind):
        value = fields.get(name)
        kinds, least, words = ((int,), 1, "whole number above 0") if kind is int else ((int, float), 0, "number")
        if type(value) not in kinds or not least <= value < math.inf:
            raise ValueError(f"{self.path}: {name} must be a {words}, not {value!r}.")
        return kind(value)


class KerasHubCheckpoint(Checkpoint):
    """A model of KerasHub with its weights in memory; `model` is the object itself.

    Args:
        preset: a backbone, masked-LM model or text classifier of `keras_hub.models`, such as `BertBackbone`,
            `RobertaMaskedLM` or `AlbertTextClassifier`, or the path of a preset directory that one was saved to.

    Raises:
        FileNotFoundError: where a file is missing.
        ImportError: where KerasHub is not installed.
        ValueError: where a file is damaged, the files do not agree, or they describe a model that we do not have.
    """

    def __init__(self, preset: object):
        if hasattr(preset, "get_config"):
            source, model = f"{type(preset).__name__} of KerasHub", preset
            family, config = _config_of(preset, source)
        else:
            source, (model, family, config) = str(preset), _load(pathlib.Path(preset))
        self.model = model
        super().__init__(config, read_weights(source, model, family, config.encoder_arguments))
        if "masked_lm_head/bias" in self.shapes:
            config.settings |= family.keras_hub.fixed_head


def _config_of(model, source):
    """Return the family of a model, and its config."""
    models, kinds = keras_hub_models(), type(model).__mro__
    for kind in kinds:  # its own class first: XLM-RoBERTa's are also RoBERTa's
        for family in _FAMILIES.values():
            prefix = family.keras_hub.prefix
            if kind is getattr(models, family.keras_hub.name):
                return family, KerasHubConfig(source, family, model.get_config())
            if kind is getattr(models, f"{prefix}MaskedLM", None):
                return family, KerasHubConfig(source, family, model.backbone.get_config())
            if kind is getattr(models, f"{prefix}TextClassifier", None):
                return family, KerasHubConfig(source, family, model.backbone.get_config(), model.get_config())
    raise ValueError(
        f"Expected {', '.join(_FAMILIES)} of KerasHub, its MaskedLM or TextClassifier, or a preset; received {source}."
    )


def _load(directory):
    """Return the model that a preset directory holds, its family, and its config."""
    fields = read_json(directory / "config.json")
    family = _FAMILIES.get(str(fields.get("class_name")))
    if family is None or not isinstance(fields.get("config"), dict):
        raise ValueError(
            f"{directory}/config.json: class_name is {fields.get('class_name')!r}; expected {', '.join(_FAMILIES)}, "
            "with a config."
        )
    config, form = KerasHubConfig(f"{directory}/config.json", family, fields["config"]), family.keras_hub
    _expect_size(directory / WEIGHTS_FILE, family, config.encoder_arguments)
    models, arguments = keras_hub_models(), spelled_out(config.encoder_arguments)
    model = getattr(models, form.name)(**{name: arguments[ours] for name, ours in form.numbers.items()})
    _load_weights(model.load_weights, directory / WEIGHTS_FILE)
    if form.fixed_head is not None and (directory / TASK_WEIGHTS_FILE).is_file():
        task = read_json(directory / TASK_FILE)
        name = task.get("class_name")
        if name == f"{form.prefix}MaskedLM":
            model = getattr(models, name)(model)
        elif name in [form.prefix + kind for kind in _CLASSIFIERS] and isinstance(task.get("config"), dict):
            config = KerasHubConfig(f"{directory}/{TASK_FILE}", family, fields["config"], task["config"])
            model = getattr(models, f"{form.prefix}TextClassifier")(model, num_classes=config.num_classes)
        else:
            return model, family, config  # another task's head, which we have no model for
        _load_weights(model.load_task_weights, directory / TASK_WEIGHTS_FILE)
    return model, family, config


def _expect_size(path, family, arguments):
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
    numbers = spelled_out(arguments)
    num_blocks = numbers["num_layer_groups"] * numbers["layers_per_group"]
    if num_blocks > len(sizes):
        raise ValueError(f"{path} has too few weights for the {num_blocks} layers of config.json.")
    expected = num_numbers(family, arguments)
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
