"""`config.json` of a Hugging Face BERT, from and to the arguments of our constructors.

A closed schema: a field that changes what the model computes is read, or refused by name; all others are left alone.
"""

import math
import os
from collections.abc import Mapping

from bert_keras.checkpoints.families import BERT, FAMILIES, Family
from bert_keras.checkpoints.json_file import read_json

ACTIVATIONS = frozenset(BERT.activations.values())  # by our names


class HuggingFaceConfig:
    """What `config.json` says, in our words.

    Args:
        path: path of the file.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where it is not JSON, a field is missing or of the wrong type, or describes what we do not have.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = str(path)
        self._fields = read_json(self.path)
        self.family = FAMILIES.get(str(self._fields.get("model_type")), BERT)
        for name, allowed in self.family.refused.items():
            for fields, place in ((self._fields, ""), (self.task, "bert_keras: ")):
                if (value := fields.get(name)) not in allowed:
                    raise self._refusal(place + name, f"is {value!r}; supported: {allowed[0]!r}")

    @property
    def encoder_arguments(self) -> dict:
        """Arguments of the encoder's constructor."""
        arguments = {ours: self._number(theirs, kind) for theirs, (ours, kind) in self.family.numbers.items()}
        activation = self._field("hidden_act")
        known = self.family.activations
        if not isinstance(activation, str) or activation not in known:
            raise self._refusal("hidden_act", f"is {activation!r}; supported: {', '.join(known)}")
        arguments["activation"] = known[activation]
        spread = self._number("initializer_range", float)
        if spread != self.family.defaults["initializer_range"]:
            arguments["kernel_initializer"] = {"class_name": "TruncatedNormal", "config": {"stddev": spread}}
        return arguments

    def field(self, name: str) -> object:
        """Return what the file has under a name, None where it is silent."""
        return self._fields.get(name)

    @property
    def has_tied_decoder(self) -> bool:
        """Whether the masked-LM head scores words with the token table."""
        tied = self._fields.get("tie_word_embeddings", True)
        if not isinstance(tied, bool):
            raise self._refusal("tie_word_embeddings", f"must be true or false, not {tied!r}")
        return tied

    @property
    def classifier_dropout(self) -> float:
        """Rate of the dropout before a classification head."""
        if self._fields.get("classifier_dropout") is None:
            return self._number("hidden_dropout_prob", float)
        return self._number("classifier_dropout", float)

    @property
    def labels(self) -> list[str] | None:
        """Return the names of the classes in the order of their logits; None for LABEL_0, LABEL_1, ..."""
        if (labels := self.task.get("labels")) is not None:  # of a head that transformers does not have
            if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
                raise self._refusal("bert_keras: labels", f"must be a list of names, but is {labels!r}")
            return labels
        labels = self._fields.get("id2label")
        if labels is None:
            return None
        if not isinstance(labels, dict) or set(labels) != {str(index) for index in range(len(labels))}:
            raise self._refusal("id2label", f"must map 0, 1, 2, ... to names, but is {labels!r}")
        labels = [labels[str(index)] for index in range(len(labels))]
        if not all(isinstance(label, str) for label in labels):
            raise self._refusal("id2label", f"must map to names, but has {labels!r}")
        return None if labels == [f"LABEL_{index}" for index in range(len(labels))] else labels

    @property
    def architecture(self) -> str | None:
        """Class of transformers that the directory was saved from, None where it does not say."""
        names = self._fields.get("architectures")
        if names is None:
            return None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._refusal("architectures", f"must be a list of names, but is {names!r}")
        return names[0] if names else None

    @property
    def task(self) -> dict:
        """What our model of the task needs besides, under the name "bert_keras"; {} where there is nothing."""
        task = self._fields.get("bert_keras", {})
        if not isinstance(task, dict):
            raise self._refusal("bert_keras", f"must be an object, but is {task!r}")
        return task

    @property
    def own_heads(self) -> list[str]:
        """Return the names of the heads that neither transformers nor we have, but whoever wrote the file."""
        heads = self.task.get("heads", [])
        if not isinstance(heads, list) or not all(isinstance(head, str) for head in heads):
            raise self._refusal("bert_keras: heads", f"must be a list of names, but is {heads!r}")
        return heads

    @property
    def settings(self) -> dict:
        """What is noted of the model around the encoder, by the names of its constructor's arguments."""
        settings = self.task | {"dropout": self.classifier_dropout}
        if (problem_type := self.task.get("problem_type", self._fields.get("problem_type"))) is not None:
            settings["problem_type"] = problem_type
        return settings

    def _field(self, name):
        if name not in self._fields and name not in self.family.defaults:
            raise self._refusal(name, "is missing")
        return self._fields.get(name, self.family.defaults.get(name))

    def _number(self, name, kind):
        value = self._field(name)
        kinds, least, words = ((int,), 1, "whole number above 0") if kind is int else ((int, float), 0, "number")
        if type(value) not in kinds or not least <= value < math.inf:
            raise self._refusal(name, f"must be a {words}, not {value!r}")
        return kind(value)

    def _refusal(self, name, reason):
        return ValueError(f"{self.path}: {name} {reason}.")


def config_fields(
    architecture: str,
    arguments: Mapping,
    settings: Mapping | None = None,
    *,
    is_published: bool = True,
    family: Family = BERT,
) -> dict:
    """Return the fields of the `config.json` with which transformers builds the same model.

    Args:
        architecture: class of transformers, such as "BertModel".
        arguments: arguments of the encoder's constructor.
        settings: dict of what is noted of a model around the encoder, by the names of its constructor's arguments.
        is_published: whether transformers has such a model. Of another it is told nothing, or it would build a head of
            its own: all is noted where we alone look. Default True.
        family: table of the family. Default BERT's.

    Returns:
        dict to be written as JSON.

    Raises:
        ValueError: where BERT in transformers has no such activation.
    """
    names = {ours: theirs for theirs, ours in reversed(family.activations.items())}
    if arguments["activation"] not in names:
        raise ValueError(
            f"BERT in transformers has no activation {arguments['activation']!r}; known: {', '.join(names)}."
        )
    fields = {
        "architectures": [architecture],
        "model_type": family.model_type,
        **{theirs: arguments[ours] for theirs, (ours, _) in family.numbers.items()},
        "hidden_act": names[arguments["activation"]],
        "initializer_range": arguments["initializer_range"],
        "tie_word_embeddings": True,
        "pad_token_id": 0,
        "dtype": "float32",
    }
    head = {name: arguments.get(f"head_{name}", arguments[name]) for name in ("activation", "layer_norm_epsilon")}
    if any(arguments[name] != value for name, value in head.items()):
        raise ValueError(
            "BERT of transformers has one activation and one epsilon for encoder and masked-LM head; this model's head "
            f"has head_activation={head['activation']} and head_layer_norm_epsilon={head['layer_norm_epsilon']}. "
            'Save it with format="keras", which bert_keras alone reads.'
        )
    settings = dict(settings or {})
    if (dropout := settings.pop("dropout", None)) is not None:
        fields["classifier_dropout"] = dropout
    labels = num_classes = problem_type = None
    if is_published:
        labels, problem_type = settings.pop("labels", None), settings.pop("problem_type", None)
        num_classes = settings.pop("num_classes", settings.pop("num_tags", None))
    if settings:
        fields["bert_keras"] = settings
    if num_classes is not None:
        labels = labels or [f"LABEL_{index}" for index in range(num_classes)]
        fields["id2label"] = {str(index): label for index, label in enumerate(labels)}
        fields["label2id"] = {label: index for index, label in enumerate(labels)}
    if problem_type is not None:
        fields["problem_type"] = problem_type
    if problem_type == "regression":  # else its CrossEncoder squeezes the number through a sigmoid
        fields["sentence_transformers"] = {"activation_fn": "torch.nn.modules.linear.Identity"}
    return fields
