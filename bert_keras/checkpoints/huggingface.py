"""A directory as `transformers` keeps a BERT: `config.json` and `model.safetensors`."""

import json
import pathlib

import numpy as np
import safetensors.numpy

from bert_keras.atomic_files import write_files
from bert_keras.checkpoints.huggingface_config import HuggingFaceConfig, config_fields
from bert_keras.checkpoints.huggingface_names import CONSTANTS, COPIES, HEAD_ROWS, common_name, encoder_rows
from bert_keras.checkpoints.load_report import LoadReport
from bert_keras.checkpoints.safetensors_file import SafetensorsFile

_ARCHITECTURES = {  # the heads of each class of transformers; those with a pooler
    "BertModel": (),
    "BertForPreTraining": ("masked_lm_head", "sentence_pair_head"),
    "BertForMaskedLM": ("masked_lm_head",),
    "BertForSequenceClassification": ("classification_head",),
}
_WITHOUT_POOLER = ("BertForMaskedLM",)


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
        self.file = SafetensorsFile(directory / "model.safetensors")
        self._names = self._common_names()
        rows = encoder_rows(self.config.encoder_arguments["num_layers"]) + HEAD_ROWS
        self._rows = {row.ours: row for row in rows if all(name in self._names for name in row.theirs)}

    def _common_names(self):
        """From the table's name of each tensor to its name in the file."""
        names = {}
        for name in self.file.tensors:
            if common_name(name) in names:
                raise ValueError(f"{self.file.path}: {names[common_name(name)]} and {name} are the same weight.")
            names[common_name(name)] = name
        return names

    @property
    def weight_names(self):
        """Canonical names of the weights that the file has."""
        return tuple(self._rows)

    @property
    def num_classes(self):
        """Number of classes of the classification head, None without one."""
        name = self._names.get("classifier.bias")
        return None if name is None else self.file.tensors[name].shape[0]

    def read(self, shapes):
        """Read the weights that a model wants, once it is sure that all of them fit.

        Args:
            shapes: {canonical name: shape} of the model's weights.

        Returns:
            {canonical name: float32 array} of those that the file has, and a `LoadReport`.

        Raises:
            ValueError: where a weight has another shape, or the stored copy of a tied weight differs from it.
        """
        wanted = {name: row for name, row in self._rows.items() if name in shapes}
        for name, row in wanted.items():
            tensors = [self.file.tensors[self._names[theirs]] for theirs in row.theirs]
            found = row.shape([tensor.shape for tensor in tensors])
            if found != tuple(shapes[name]) or any(tensor.dtype.startswith("I") for tensor in tensors):
                stored = ", ".join(
                    f"{self._names[theirs]} {tensor.dtype} {tensor.shape}"
                    for theirs, tensor in zip(row.theirs, tensors, strict=True)
                )
                raise ValueError(
                    f"{self.file.path}: weight {name} must have the shape {tuple(shapes[name])}, "
                    f"found {found} from {stored}."
                )
        if "masked_lm_head/bias" in wanted:
            self._check_copies()
        arrays = {
            name: row.from_theirs([self._read(theirs) for theirs in row.theirs]).astype("float32", copy=False)
            for name, row in wanted.items()
        }
        used = {theirs for row in wanted.values() for theirs in row.theirs} | set(COPIES) | set(CONSTANTS)
        report = LoadReport(
            self.file.path,
            loaded=tuple(wanted),
            new=tuple(name for name in shapes if name not in wanted),
            unused=tuple(stored for name, stored in self._names.items() if name not in used),
        )
        return arrays, report

    def _read(self, name):
        return self.file.read(self._names[name])

    def _check_copies(self):
        for copy, original in COPIES.items():
            if copy in self._names and not np.array_equal(self._read(copy), self._read(original)):
                raise ValueError(
                    f"{self.file.path}: {self._names[copy]} differs from {self._names[original]}. In BERT the two are "
                    "one weight; a head with weights of its own is not supported."
                )


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
        architecture: class of transformers: "BertModel", "BertForPreTraining", "BertForMaskedLM" or
            "BertForSequenceClassification".
        arrays: {canonical name: array} of all weights; the pooler's are left out where that class has no pooler.
        arguments: arguments of the encoder's constructor, with the number `initializer_range`.
        **head: `labels`, `num_classes` and `classifier_dropout` of a classification head.

    Raises:
        ValueError: where an array has no name in BERT of transformers, or one is missing.
    """
    heads = _ARCHITECTURES[architecture]
    rows = encoder_rows(arguments["num_layers"]) + [row for row in HEAD_ROWS if row.ours.split("/")[0] in heads]
    arrays = dict(arrays)
    pooler = [name for name in arrays if name.startswith("pooler/")]
    if architecture in _WITHOUT_POOLER or not pooler:
        rows = [row for row in rows if not row.ours.startswith("pooler/")]
        for name in pooler:
            del arrays[name]
    if set(arrays) != {row.ours for row in rows}:
        without_place = sorted(set(arrays) - {row.ours for row in rows})
        missing = sorted({row.ours for row in rows} - set(arrays))
        raise ValueError(f"{architecture} of transformers has no place for {without_place} and needs {missing}.")
    tensors = {}
    for row in rows:
        prefix = "bert." if heads and row not in HEAD_ROWS else ""
        for name, array in row.to_theirs(np.asarray(arrays[row.ours], "float32")).items():
            tensors[prefix + name] = array
    fields = config_fields(architecture, arguments, **head)
    contents = {
        # transformers wants to be told that the axes lie as in torch
        "model.safetensors": safetensors.numpy.save(tensors, metadata={"format": "pt"}),
        "config.json": (json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8"),
    }
    write_files(directory, contents)
