"""A directory as `transformers` keeps a model: `config.json` and `model.safetensors`."""

import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Iterable, Mapping

import numpy as np

from bert_keras.atomic_files import write_files
from bert_keras.checkpoints.checkpoint import Checkpoint, expect_as_many_tensors
from bert_keras.checkpoints.families import BERT, Family, rows
from bert_keras.checkpoints.huggingface_config import HuggingFaceConfig, config_fields
from bert_keras.checkpoints.huggingface_names import (
    OWN_HEADS,
    SPELLING,
    common_names,
    head_rows,
    own_rows,
    stoppers,
)
from bert_keras.checkpoints.load_report import LoadReport
from bert_keras.checkpoints.pickles import PICKLES, pickle_advice
from bert_keras.checkpoints.safetensors_file import FLOATS
from bert_keras.checkpoints.safetensors_shards import (
    INDEX_FILE,
    SINGLE_FILE,
    open_tensors,
    outdated_files,
    tensor_files,
)
from bert_keras.checkpoints.sentence_transformers import (
    DENSE,
    is_sentence_encoder,
    read_dense,
    read_modules,
    sentence_pooling,
)
from bert_keras.checkpoints.weight_table import StoredTensor, WeightTable

_OLD_FORMATS = {"tf_model.h5": "from_tf", "flax_model.msgpack": "from_flax"}


class HuggingFaceCheckpoint(Checkpoint):
    """A directory whose configuration and tensor names have been read and found sound, but no tensor yet.

    Args:
        directory: path with `config.json` and `model.safetensors`, or several files of tensors and their index.
            Nothing outside of it is opened.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where one of them is damaged, they do not agree, or they describe a model that we do not have.
    """

    def __init__(self, directory: str | os.PathLike):
        directory = pathlib.Path(directory)
        _expect_files(directory)
        config = HuggingFaceConfig(directory / "config.json")
        source, files = open_tensors(directory)
        layers = _numbers_of_layers(config.encoder_arguments)
        expect_as_many_tensors(source, len(files), (layers[1] or layers[0]) * layers[2])
        tensors = _stored_tensors(config.family, source, files)
        table = rows(config.family.encoder(*layers), "huggingface", SPELLING)
        table += head_rows(config.family, config.architecture, tensors)
        table += own_rows(tensors, (*OWN_HEADS, *config.own_heads))
        constants = [name.format(block) for name in config.family.constants for block in range(layers[0])]
        super().__init__(config, WeightTable(source, tensors, table, silent=(*config.family.copies, *constants)))
        self._directory = directory

    @property
    def sentence_pooling(self) -> str | None:
        """As in `Checkpoint`; read only where it is asked for."""
        return sentence_pooling(self._directory)

    @property
    def is_sentence_encoder(self) -> bool:
        """As in `Checkpoint`."""
        return is_sentence_encoder(self._directory)

    def sentence_modules(self) -> dict:
        """As in `Checkpoint`."""
        return read_modules(self._directory)

    def read(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, np.ndarray], LoadReport]:
        """As `Checkpoint.read`; the masked-LM head is refused where its words are not the encoder's."""
        if "masked_lm_head/bias" in shapes or self.config.family.plain_vocabulary_head:
            self._check_copies()
        dense = {name: shape for name, shape in shapes.items() if name.startswith(f"{DENSE}/")}
        dense = read_dense(self._directory, dense) if dense and self.is_sentence_encoder else {}
        arrays, report = super().read({name: shape for name, shape in shapes.items() if name not in dense})
        return arrays | dense, dataclasses.replace(report, loaded=(*report.loaded, *dense))

    def _check_copies(self):
        tensors, family = self._table.tensors, self.config.family
        if not self.config.has_tied_decoder and family.decoder not in tensors:
            raise ValueError(
                f"{self.source} lacks {family.decoder}, and by tie_word_embeddings of config.json the masked-LM head "
                "has weights of its own. That is not supported; the encoder alone can be loaded."
            )
        for copy, original in family.copies.items():
            if copy in tensors and not np.array_equal(tensors[copy].read(), tensors[original].read()):
                raise ValueError(
                    f"{self.source}: {tensors[copy].name} differs from {tensors[original].name}. In {family.name} the "
                    "two are one weight; a head with weights of its own is not supported. The encoder alone can be "
                    "loaded."
                )


def _numbers_of_layers(arguments):
    return arguments["num_layers"], arguments.get("num_layer_groups"), arguments.get("layers_per_group", 1)


def _stored_tensors(family, source, files):
    """Return the tensors by the names that the tables know."""
    tensors = {}
    for name, common in common_names(family, source, files).items():
        info = files[name].tensors[name]
        if 0 in info.shape:  # holds nothing; see `stoppers`
            continue
        if (known := tensors.get(common)) is not None:
            raise ValueError(f"{source}: {known.name} and {name} are the same weight.")
        read = functools.partial(files[name].read, name)
        tensors[common] = StoredTensor(name, info.shape, info.dtype, info.dtype in FLOATS, read)
    for copy, original in family.copies.items():  # of two names for one weight a file may have either
        if copy in tensors:
            tensors.setdefault(original, tensors[copy])
    return tensors


def _expect_files(directory):
    if not directory.is_dir():
        raise FileNotFoundError(f"There is no directory {directory}.")
    found = sorted(path.name for path in directory.iterdir())
    if "config.json" not in found:
        raise FileNotFoundError(
            f"{directory} has no config.json; it holds {', '.join(found) or 'nothing'}.{_advice(directory, found)}"
        )
    if SINGLE_FILE in found or INDEX_FILE in found:
        return
    message = f"{directory} has no {SINGLE_FILE}; it holds {', '.join(found)}."
    pickles = [name for name in found if name.endswith(PICKLES) and name != "training_args.bin"]
    pickles = [name for name in pickles if name.startswith("pytorch_model")] or pickles
    others = [name for name in found if name.endswith(".safetensors")]
    old = [(name, option) for name, option in _OLD_FORMATS.items() if name in found]
    if len(others) == 1:
        message += f" Rename {others[0]} to {SINGLE_FILE} if it holds the weights."
    elif pickles:
        message += f" {pickle_advice(directory, pickles, SINGLE_FILE)}"
    elif old:
        name, option = old[0]
        message += (
            f" {name} is converted by transformers 4, the last that reads it: AutoModelForPreTraining.from_pretrained("
            f"directory, {option}=True).save_pretrained(directory)."
        )
    raise FileNotFoundError(message)


def _advice(directory, found):
    """Say what to do with a folder of something else than a checkpoint."""
    if "adapter_config.json" in found:
        return (
            " An adapter of PEFT is a part of a model. Merge it into the model that it was trained on, with peft: "
            "AutoPeftModelForSequenceClassification, or that of its task, .from_pretrained(directory)"
            ".merge_and_unload().save_pretrained(another)."
        )
    folders = [name for name in found if (directory / name / "config.json").is_file() and "Transformer" in name]
    if "modules.json" in found and folders:  # as sentence-transformers wrote them before version 2
        return f" Its encoder is in {directory / folders[0]}: give that folder."
    return ""


def write_huggingface(
    directory: str | os.PathLike,
    kind: str,
    arrays: Mapping[str, np.ndarray],
    arguments: Mapping,
    settings: Mapping | None = None,
    *,
    heads: Iterable[str] = (),
    max_shard_bytes: int | None = None,
    family: Family = BERT,
) -> tuple[str, list[str]]:
    """Write a model as `transformers` would.

    All files are written under other names first, so that a killed process leaves the old ones or the new ones.

    Args:
        directory: path of the directory; made if it is not there.
        kind: which published model it is, a key of `Family.architectures`; "encoder" also for one that transformers
            does not have: it reads the encoder of it.
        arrays: {canonical name: array} of all weights; the pooler's are left out where that class has no pooler.
        arguments: arguments of the encoder's constructor, with the number `initializer_range`.
        settings: dict of what is noted of a model around the encoder, see `config_fields`.
        heads: names of the layers above the encoder; those that transformers does not have keep our names.
        max_shard_bytes: most bytes of tensors in a file, None for all in one.
        family: table of the family. Default BERT's.

    Returns:
        class of transformers, and names of the heads that transformers does not have; it reads the encoder beside
        them, and refuses to make a classifier, a tagger or a question answerer of it.

    Raises:
        ValueError: where an array has no name in transformers, or one is missing.
    """
    architecture, published = family.architectures[kind]
    own = own_rows(arrays, [head for head in heads if head not in published])
    of_heads = rows((layer for head in published for layer in family.heads[head]), "huggingface", SPELLING) + own
    table = rows(family.encoder(*_numbers_of_layers(arguments)), "huggingface", SPELLING) + of_heads
    arrays = dict(arrays)
    pooler = [name for name in arrays if name.startswith("pooler/")]
    if (kind in family.without_pooler and not own) or not pooler:  # a head of ours may look at it
        table = [row for row in table if not row.ours.startswith("pooler/")]
        for name in pooler:
            del arrays[name]
    if arguments.get("embedding_dim") is None:
        table = [row for row in table if not row.ours.startswith("embeddings/projection/")]
    if set(arrays) != (known := {row.ours for row in table}):
        without_place, missing = sorted(set(arrays) - known), sorted(known - set(arrays))
        raise ValueError(f"{architecture} of transformers has no place for {without_place} and needs {missing}.")
    tensors = {}
    for row in table:
        prefix = family.prefix if of_heads and row not in of_heads else ""
        for name, array in row.to_theirs(np.asarray(arrays[row.ours], "float32")).items():
            tensors[prefix + name] = array
    if own:
        tensors |= {name: np.zeros(0, "float32") for name in stoppers(family)}
        if more := sorted({row.ours.split("/")[0] for row in own} - set(OWN_HEADS)):
            settings = (settings or {}) | {"heads": more}
    fields = config_fields(kind, arguments, settings, is_published=not own, family=family)
    directory = pathlib.Path(directory)
    contents = tensor_files(tensors, max_shard_bytes)
    contents["config.json"] = (json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")
    write_files(directory, contents, removed=outdated_files(directory, contents))
    return architecture, list(dict.fromkeys(row.ours.split("/")[0] for row in own))
