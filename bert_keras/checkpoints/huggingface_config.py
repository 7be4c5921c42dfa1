"""`config.json` of the Hugging Face layout, from and to the arguments of our constructors.

A closed schema: a field that changes what the model computes is read, or refused by name; all others are left alone.
"""

import math
import os
from collections.abc import Mapping

from bert_keras.checkpoints.families import BERT, FAMILIES, Family, spelled_out
from bert_keras.checkpoints.json_file import read_json
from bert_keras.checkpoints.sentence_transformers import squeezes_one_number

_CAUSAL = "CausalLM"  # what our model of such a head is called
_MOST_LAYERS = 1024  # that share weights: a file of few weights could ask for any number, and nothing would build it


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
        model_type = self._fields.get("model_type")
        if model_type is not None and (not isinstance(model_type, str) or model_type not in FAMILIES):
            raise self._refusal("model_type", f"is {model_type!r}; supported: {', '.join(FAMILIES)}")
        self.family = BERT if model_type is None else FAMILIES[model_type]  # the first BERTs do not say
        for name, allowed in self.family.refused.items():
            for fields, place in ((self._fields, ""), (self.task, "bert_keras: ")):
                if (value := fields.get(name, allowed[0])) not in allowed:
                    raise self._refusal(place + name, f"is {value!r}; supported: {allowed[0]!r}")

    @property
    def encoder_arguments(self) -> dict:
        """Arguments of the encoder's constructor."""
        arguments = {ours: self._number(theirs, kind) for theirs, (ours, kind) in self.family.numbers.items()}
        arguments = {"family": self.family.model_type} | arguments | self.family.always
        if self.family.read is not None:
            try:
                arguments |= self.family.read(self._fields)
            except ValueError as error:
                raise ValueError(f"{self.path}: {error}.") from None
        if (behind := self.family.positions_behind) is not None:
            arguments["position_offset"] = self._number(behind, int, least=0) + 1
            arguments["max_sequence_length"] -= arguments["position_offset"]
            if arguments["max_sequence_length"] < 1:
                raise self._refusal("max_position_embeddings", f"leaves no position behind those of {behind}")
        if arguments.get("embedding_dim") == arguments["hidden_dim"] and not self.family.always_projects:
            del arguments["embedding_dim"]
        self._expect_equal_groups(arguments)
        field, known = self.family.activation_field, self.family.activations
        activation = self._field(field)
        if not isinstance(activation, str) or activation not in known:
            raise self._refusal(field, f"is {activation!r}; supported: {', '.join(known)}")
        arguments["activation"] = known[activation]
        spread = self._number("initializer_range", float)
        if spread != self.family.defaults["initializer_range"]:
            arguments["kernel_initializer"] = {"class_name": "TruncatedNormal", "config": {"stddev": spread}}
        return arguments

    def _expect_equal_groups(self, arguments):
        numbers = spelled_out(arguments)
        names = {ours: theirs for theirs, (ours, _) in self.family.numbers.items()}
        layers, groups = numbers["num_layers"], numbers["num_layer_groups"]
        if layers % groups:
            raise self._refusal(
                names["num_layer_groups"], f"is {groups}, which does not divide the {layers} of {names['num_layers']}"
            )
        if groups < layers and layers * numbers["layers_per_group"] > _MOST_LAYERS:
            raise self._refusal(names["num_layers"], f"is {layers}; supported: up to {_MOST_LAYERS} that share weights")

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
    def head_dropout(self) -> float:
        """Rate of the dropout before a head."""
        kinds = {name: kind for kind, (name, _) in self.family.architectures.items()}
        fields = _dropout_fields(self.family, kinds.get(self.architecture, ""))
        field = next((name for name in fields if self._fields.get(name) is not None), fields[-1])
        return self._number(field, float)

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
        settings = {"dropout": self.head_dropout} | self.task
        if self.architecture in _architectures(self.family, "causal_lm"):
            settings.setdefault("head", _CAUSAL)
        if (problem_type := self.task.get("problem_type", self._fields.get("problem_type"))) is not None:
            settings["problem_type"] = problem_type
        elif squeezes_one_number(self.path, self._fields):
            settings["problem_type"] = "multi_label_classification"
        if self.family.poolings is not None:
            field, poolings = self.family.poolings
            settings.setdefault("pooling", poolings[self._fields.get(field) or next(iter(poolings))])
        return settings

    def _field(self, name):
        if name not in self._fields and name not in self.family.defaults:
            raise self._refusal(name, "is missing")
        return self._fields.get(name, self.family.defaults.get(name))

    def _number(self, name, kind, least=1):
        value = self._field(name)
        words = {1: "whole number above 0", 0: "whole number"}[least]
        kinds, least, words = ((int,), least, words) if kind is int else ((int, float), 0, "number")
        if type(value) not in kinds or not least <= value < math.inf:
            raise self._refusal(name, f"must be a {words}, not {value!r}")
        return kind(value)

    def _refusal(self, name, reason):
        return ValueError(f"{self.path}: {name} {reason}.")


def config_fields(
    kind: str, arguments: Mapping, settings: Mapping | None = None, *, is_published: bool = True, family: Family = BERT
) -> dict:
    """Return the fields of the `config.json` with which transformers builds the same model.

    Args:
        kind: which published model it is, a key of `Family.architectures`.
        arguments: arguments of the encoder's constructor.
        settings: dict of what is noted of a model around the encoder, by the names of its constructor's arguments.
        is_published: whether transformers has such a model. Of another it is told nothing, or it would build a head of
            its own: all is noted where we alone look. Default True.
        family: table of the family. Default BERT's.

    Returns:
        dict to be written as JSON.

    Raises:
        ValueError: where the family has no such activation in transformers.
    """
    names = {ours: theirs for theirs, ours in reversed(family.activations.items())}
    if arguments["activation"] not in names:
        raise ValueError(
            f"{family.name} in transformers has no activation {arguments['activation']!r}; known: {', '.join(names)}."
        )
    fields = {
        "architectures": [family.architectures[kind][0]],
        "model_type": family.model_type,
        **{theirs: spelled_out(arguments)[ours] for theirs, (ours, _) in family.numbers.items()},
        family.activation_field: names[arguments["activation"]],
        "initializer_range": arguments["initializer_range"],
        "tie_word_embeddings": True,
        **family.token_ids,
        **({} if family.write is None else family.write(arguments)),
        "dtype": "float32",
    }
    if family.positions_behind is not None:
        fields[family.positions_behind] = arguments["position_offset"] - 1
        fields["max_position_embeddings"] += arguments["position_offset"]
    its_head = {
        "activation": family.masked_lm_activation or arguments["activation"],
        "layer_norm_epsilon": arguments["layer_norm_epsilon"],
    }
    head = {name: arguments.get(f"head_{name}", value) for name, value in its_head.items()}
    if head != its_head:
        raise ValueError(
            f"The masked-LM head of {family.name} in transformers has the activation {its_head['activation']} and the "
            f"epsilon {its_head['layer_norm_epsilon']}; this model's has head_activation={head['activation']} and "
            f"head_layer_norm_epsilon={head['layer_norm_epsilon']}. "
            'Save it with format="keras", which bert_keras alone reads.'
        )
    settings = dict(settings or {})
    if (dropout := settings.pop("dropout", None)) is not None:
        field = _dropout_fields(family, kind)[0]
        if field not in family.numbers:
            fields[field] = dropout
        elif fields[field] != dropout:  # the head has the encoder's there
            settings["dropout"] = dropout
    labels = num_classes = problem_type = None
    if is_published:
        if family.poolings is not None and "pooling" in settings:
            field, poolings = family.poolings
            fields[field] = {ours: theirs for theirs, ours in poolings.items()}[settings.pop("pooling")]
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


def _architectures(family, kind):
    return family.architectures.get(kind, ())[:1]


def _dropout_fields(family, kind):
    return family.head_dropouts.get(kind, family.head_dropouts[""])
