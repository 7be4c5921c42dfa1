"""A directory as `transformers` keeps a BERT: `config.json` and `model.safetensors`."""

import functools
import json
import pathlib

import numpy as np
import safetensors.numpy

from bert_keras.atomic_files import write_files
from bert_keras.checkpoints.huggingface_config import HuggingFaceConfig, config_fields
from bert_keras.checkpoints.huggingface_names import (
    ARCHITECTURES,
    CONSTANTS,
    COPIES,
    HEAD_ROWS,
    WITHOUT_POOLER,
    common_name,
    encoder_rows,
    head_rows,
)
from bert_keras.checkpoints.safetensors_file import SafetensorsFile
from bert_keras.checkpoints.weight_table import StoredTensor, WeightTable


class HuggingFaceCheckpoint:
    """A directory whose configuration and tensor names have been read and found sound, but no tensor yet.

    Args:
        directory: path with `config.json` and `model.safetensors`. Nothing outside of it is opened.

    Raises:
        FileNotFoundError: where one of the two files is missing.
        ValueError: where one of them is damaged, or describes a model that we do not have.
    """

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        _expect_files(directory)
        self.config = HuggingFaceConfig(directory / "config.json")
        file = SafetensorsFile(directory / "model.safetensors")
        rows = encoder_rows(self.encoder_arguments["num_layers"]) + head_rows(self.config.architecture)
        self._table = WeightTable(file.path, _stored_tensors(file), rows, silent=(*COPIES, *CONSTANTS))
        self.source = file.path

    @property
    def encoder_arguments(self):
        """Arguments of the encoder's constructor."""
        return self.config.encoder_arguments

    @property
    def classifier_dropout(self):
        """Rate of the dropout before a classification head."""
        return self.config.classifier_dropout

    @property
    def labels(self):
        """Names of the classes in the order of their logits, None where they have none."""
        return self.config.labels

    @property
    def shapes(self):
        """{canonical name: shape} of the weights that the file has."""
        return self._table.shapes

    def read(self, shapes):
        """Read the weights that a model wants, once it is sure that all of them fit.

        Args:
            shapes: {canonical name: shape} of the model's weights.

        Returns:
            {canonical name: float32 array} of those that the file has, and a `LoadReport`.

        Raises:
            ValueError: where a weight has another shape, or the stored copy of a tied weight differs from it.
        """
        arrays, report = self._table.read(shapes)
        if "masked_lm_head/bias" in arrays:
            self._check_copies()
        return arrays, report

    def _check_copies(self):
        tensors = self._table.tensors
        for copy, original in COPIES.items():
            if {copy, original} <= set(tensors) and not np.array_equal(tensors[copy].read(), tensors[original].read()):
                raise ValueError(
                    f"{self.source}: {tensors[copy].name} differs from {tensors[original].name}. In BERT the two are "
                    "one weight; a head with weights of its own is not supported."
                )


def _stored_tensors(file):
    """The file's tensors by the names that the tables know."""
    tensors = {}
    for name, info in file.tensors.items():
        if (known := tensors.get(common_name(name))) is not None:
            raise ValueError(f"{file.path}: {known.name} and {name} are the same weight.")
        is_float = not info.dtype.startswith("I")
        read = functools.partial(file.read, name)
        tensors[common_name(name)] = StoredTensor(name, info.shape, info.dtype, is_float, read)
    return tensors


def _expect_files(directory):
    for name in ("config.json", "model.safetensors"):
        if (directory / name).is_file():
            continue
        found = sorted(path.name for path in directory.iterdir()) if directory.is_dir() else None
        message = f"{directory} has no {name}; it holds {', '.join(found) or 'nothing'}." if found is not None else ""
        if found and "model.safetensors.index.json" in found:
            message += " Weights in several files are not supported: save them as one with transformers."
        elif found and "pytorch_model.bin" in found:
            message += (
                " A .bin file may run any code when it is read, so it is not: convert it with `AutoModel"
                ".from_pretrained(directory).save_pretrained(directory)` of transformers where you trust it."
            )
        raise FileNotFoundError(message or f"There is no directory {directory}.")


def write_huggingface(directory, architecture, arrays, arguments, **head):
    """Write a model as `transformers` would.

    Args:
        directory: path of the directory; made if it is not there.
        architecture: class of transformers: "BertModel", "BertForPreTraining", "BertForMaskedLM",
            "BertForNextSentencePrediction", "BertForSequenceClassification", "BertForTokenClassification",
            "BertForQuestionAnswering" or "BertForMultipleChoice".
        arrays: {canonical name: array} of all weights; the pooler's are left out where that class has no pooler.
        arguments: arguments of the encoder's constructor, with the number `initializer_range`.
        **head: `labels`, `num_classes` and `classifier_dropout` of a classification head.

    Raises:
        ValueError: where an array has no name in BERT of transformers, or one is missing.
    """
    heads = [row for head_name in ARCHITECTURES[architecture] for row in HEAD_ROWS[head_name]]
    rows = encoder_rows(arguments["num_layers"]) + heads
    arrays = dict(arrays)
    pooler = [name for name in arrays if name.startswith("pooler/")]
    if architecture in WITHOUT_POOLER or not pooler:
        rows = [row for row in rows if not row.ours.startswith("pooler/")]
        for name in pooler:
            del arrays[name]
    if set(arrays) != {row.ours for row in rows}:
        without_place = sorted(set(arrays) - {row.ours for row in rows})
        missing = sorted({row.ours for row in rows} - set(arrays))
        raise ValueError(f"{architecture} of transformers has no place for {without_place} and needs {missing}.")
    tensors = {}
    for row in rows:
        prefix = "bert." if heads and row not in heads else ""
        for name, array in row.to_theirs(np.asarray(arrays[row.ours], "float32")).items():
            tensors[prefix + name] = array
    fields = config_fields(architecture, arguments, **head)
    contents = {
        # transformers wants to be told that the axes lie as in torch
        "model.safetensors": safetensors.numpy.save(tensors, metadata={"format": "pt"}),
        "config.json": (json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8"),
    }
    write_files(directory, contents)
