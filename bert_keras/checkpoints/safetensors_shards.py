"""The weights of a directory in one safetensors file or in several with an index, as transformers splits large ones."""

import json
import os
import pathlib
import re
from collections.abc import Iterable, Mapping

import numpy as np
import safetensors.numpy

from bert_keras.checkpoints.json_file import read_json
from bert_keras.checkpoints.safetensors_file import SafetensorsFile

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
_SHARD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors")
_METADATA = {"format": "pt"}  # transformers wants to be told that the axes lie as in torch


def open_tensors(directory: str | os.PathLike) -> tuple[str, dict[str, SafetensorsFile]]:
    """Read the headers of all files of tensors; where there is a single file it counts, as in transformers.

    Args:
        directory: path with `model.safetensors`, or with `model.safetensors.index.json` and the files that it names.
            Nothing outside of it is opened.

    Returns:
        path of the file or of the index, and {name of a tensor: its `SafetensorsFile`}.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where a header or the index is damaged, the two do not agree, or the index names a file that is
            not in the directory.
    """
    directory = pathlib.Path(directory)
    if (directory / SINGLE_FILE).is_file():
        file = SafetensorsFile(directory / SINGLE_FILE)
        return file.path, dict.fromkeys(file.tensors, file)
    index = directory / INDEX_FILE
    weight_map = _read_weight_map(index)
    tensors = {}
    for shard in sorted(set(weight_map.values())):
        if not (directory / shard).is_file():
            raise FileNotFoundError(f"{index} names the file {shard}, which is not there.")
        file = SafetensorsFile(directory / shard)
        expected = {name for name, place in weight_map.items() if place == shard}
        if expected != set(file.tensors):
            missing, surplus = sorted(expected - set(file.tensors)), sorted(set(file.tensors) - expected)
            raise ValueError(f"{file.path} and {index} do not agree: missing {missing}, not in the index {surplus}.")
        tensors |= dict.fromkeys(expected, file)
    return str(index), {name: tensors[name] for name in weight_map}


def _read_weight_map(index):
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ValueError(f"{index}: weight_map must say which file each tensor is in, but is {weight_map!r}.")
    for name, shard in weight_map.items():
        if not isinstance(shard, str) or not _SHARD_NAME.fullmatch(shard):
            raise ValueError(
                f"{index}: tensor {name!r} is said to be in {shard!r}; expected the name of a .safetensors file in "
                "the same directory."
            )
    return weight_map


def tensor_files(tensors: Mapping[str, np.ndarray], max_shard_bytes: int | None = None) -> dict[str, bytes]:
    """Spread tensors over files.

    Args:
        tensors: {name: float32 array}.
        max_shard_bytes: most bytes of tensors in a file; a larger tensor gets one for itself. None: a single file.

    Returns:
        {file name: bytes}, the index last.
    """
    shards, room = [{}], 0
    for name, array in tensors.items():
        if max_shard_bytes is not None and shards[-1] and room < array.nbytes:
            shards.append({})
        if not shards[-1]:
            room = max_shard_bytes or 0
        shards[-1][name] = array
        room -= array.nbytes
    if len(shards) == 1:
        return {SINGLE_FILE: safetensors.numpy.save(tensors, metadata=_METADATA)}
    files = [safetensors.numpy.save(shard, metadata=_METADATA) for shard in shards]
    names = [f"model-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
    contents = dict(zip(names, files))
    index = {
        "metadata": {"total_size": sum(array.nbytes for array in tensors.values())},
        "weight_map": {tensor: name for name, shard in zip(names, shards) for tensor in shard},
    }
    return contents | {INDEX_FILE: (json.dumps(index, indent=2, sort_keys=True) + "\n").encode("utf-8")}


def outdated_files(directory: str | os.PathLike, contents: Iterable[str]) -> list[str]:
    """Return the files of weights that a directory has from before, and that go when new ones come.

    Args:
        directory: path of the directory, which need not be there.
        contents: what `tensor_files` returned, or a dict with more names.

    Returns:
        list of names.
    """
    directory = pathlib.Path(directory)
    old = [
        SINGLE_FILE,
        INDEX_FILE,
        *sorted(path.name for path in directory.glob("model-*-of-*.safetensors")),
    ]
    return [name for name in old if name not in contents and (directory / name).is_file()]
