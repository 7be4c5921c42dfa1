"""Arrays in a folder, loaded by memory map: raw little-endian numbers, and a JSON header that says what they are.

The header has a checksum of each file. Nothing is unpickled, so that a folder may come from anywhere.
"""

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bert_keras.atomic_files import finish_write, write_files
from bert_keras.json_text import read_json_object

HEADER = "header.json"
_DTYPES = ("uint8", "int8", "int32", "int64", "float32")


def write_arrays(
    folder: str | os.PathLike, kind: str, version: int, arrays: Mapping[str, np.ndarray], **values: Any
) -> None:
    """Write arrays into a folder, all of them or none.

    Args:
        folder: path; made if it is not there.
        kind: what they are together, by which `read_arrays` knows them again.
        version: of the format.
        arrays: {name of the file: array}.
        **values: what else the header says, in JSON's types.
    """
    contents, described = {}, {}
    for name, array in arrays.items():
        content = np.ascontiguousarray(array, np.dtype(array.dtype).newbyteorder("<")).tobytes()
        described[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "crc32": zlib.crc32(content)}
        contents[name] = content
    header = {"kind": kind, "version": version, "arrays": described} | values
    contents[HEADER] = (json.dumps(header, indent=1, ensure_ascii=False) + "\n").encode()
    write_files(folder, contents)


def read_arrays(folder: str | os.PathLike, kind: str, version: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what `write_arrays` wrote; files are mapped into memory, and their checksums compared.

    Args:
        folder: path.
        kind: what was written.
        version: of the format that can be read.

    Returns:
        the header, and {name: read-only array}.

    Raises:
        FileNotFoundError: where there is no such folder, or a file is missing.
        ValueError: where it is of another kind or version, or a file is damaged; the message names it.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> write_arrays(folder, "numbers", 1, {"squares": np.arange(4) ** 2}, note="small")
        >>> header, arrays = read_arrays(folder, "numbers", 1)
        >>> header["note"], arrays["squares"].tolist()
        ('small', [0, 1, 4, 9])
    """
    header, arrays = read_header(folder, kind, version), {}
    try:
        described = {
            name: (np.dtype(one["dtype"]), tuple(map(int, one["shape"])), one["crc32"])
            for name, one in header["arrays"].items()
            if Path(name).name == name and one["dtype"] in _DTYPES
        }
        complete = len(described) == len(header["arrays"])
    except (AttributeError, KeyError, TypeError, ValueError):
        complete = False
    if not complete:
        raise ValueError(f"{Path(folder, HEADER)}: damaged: its arrays are not described as they should be")
    for name, (dtype, shape, checksum) in described.items():
        arrays[name] = mapped_array(Path(folder, name), dtype, shape)
        if zlib.crc32(arrays[name].reshape(-1)) != checksum:
            raise ValueError(f"{Path(folder, name)}: damaged: its checksum is another one than the header's")
    return header, arrays


def read_header(folder: str | os.PathLike, kind: str, version: int) -> dict[str, Any]:
    """Read what a folder says of itself, after a write that was killed is finished or undone.

    Args:
        folder: path.
        kind: what it shall be.
        version: of the format that can be read.

    Raises:
        FileNotFoundError: where there is none, with what to do.
        ValueError: where it is of another kind or version.
    """
    finish_write(folder)
    path = Path(folder, HEADER)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: there is no {kind}, or none that is whole. Build it (again).")
    header = read_json_object(path)
    if (header.get("kind"), header.get("version")) != (kind, version):
        raise ValueError(
            f"{path}: expected {kind}, version {version}; found {header.get('kind')!r}, version "
            f"{header.get('version')!r}. Make it again with this release."
        )
    return header


def mapped_array(path: str | os.PathLike, dtype: np.dtype | str, shape: tuple[int, ...]) -> np.ndarray:
    """Map the beginning of a file into memory as a read-only array.

    Args:
        path: the file.
        dtype: of its numbers, little-endian.
        shape: of the array; the file may go on behind it.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where the file is shorter.
    """
    dtype = np.dtype(dtype).newbyteorder("<")
    expected, size = int(np.prod(shape)) * dtype.itemsize, os.path.getsize(path)
    if size < expected:
        raise ValueError(f"{os.fspath(path)}: damaged: expected {expected} bytes, found {size}")
    if not expected:  # nothing cannot be mapped
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, mode="r", shape=shape)
