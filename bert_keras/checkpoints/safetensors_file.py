"""One file of tensors in the safetensors format: the header is checked before a tensor is read.

The format: 8 bytes, the header's length; the header, JSON from name to dtype, shape and place; the data.
https://github.com/huggingface/safetensors#format
"""

import dataclasses
import math
import os

import numpy as np

from bert_keras.json_text import parse_json

_MAX_HEADER_BYTES = 100_000_000  # the limit of the reference implementation
_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?",
}  # fmt: skip
# Bits of a number of the other types of the format, which a sound file may hold, and which numpy does not have.
_BITS = {"C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F6_E2M3": 6,
         "F6_E3M2": 6, "F4": 4}  # fmt: skip
_BITS |= {name: 8 * np.dtype(dtype).itemsize for name, dtype in _DTYPES.items()}
FLOATS = ("F64", "F32", "F16", "BF16")


@dataclasses.dataclass(frozen=True)
class TensorInfo:
    """Where a tensor lies in the file: its dtype in the format's words, its shape, its first byte."""

    dtype: str
    shape: tuple
    offset: int


class SafetensorsFile:
    """A file whose header has been read and found sound.

    Args:
        path: path of the file.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where the header is damaged, or speaks of other bytes than the file has.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = str(path)
        self.tensors = self._read_header()

    def _read_header(self):
        size = os.path.getsize(self.path)
        with open(self.path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _MAX_HEADER_BYTES):
                raise self._damaged(f"its header should have {length} bytes, the whole file has {size}")
            try:
                header = parse_json(file.read(length).decode("utf-8"), unique_keys=True)
            except ValueError as error:
                raise self._damaged(f"its header is not JSON: {error}") from error
        if not isinstance(header, dict):
            raise self._damaged("its header is not a JSON object")
        header.pop("__metadata__", None)
        places = {name: self._place(name, entry) for name, entry in header.items()}
        end = 0
        for name, (begin, stop) in sorted(places.items(), key=lambda item: item[1]):
            if begin != end:
                raise self._damaged(f"tensor {name!r} begins at byte {begin} of the data, expected {end}")
            end = stop
        start = 8 + length
        if start + end != size:
            raise self._damaged(f"its tensors need {start + end} bytes, the file has {size}")
        return {
            name: TensorInfo(entry["dtype"], tuple(entry["shape"]), start + places[name][0])
            for name, entry in header.items()
        }

    def _place(self, name, entry):
        """The first byte of a tensor and the one after its last, counted from the start of the data."""
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise self._damaged(f"tensor {name!r} needs dtype, shape and data_offsets, and nothing else")
        dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in _BITS:
            raise self._damaged(f"tensor {name!r} has dtype {dtype!r}; known are {', '.join(_BITS)}")
        if not _are_sizes(shape) or not _are_sizes(place) or len(place) != 2:
            raise self._damaged(f"tensor {name!r} has the shape {shape!r} and the place {place!r}")
        num_bytes = -(-math.prod(shape) * _BITS[dtype] // 8)
        if place[1] - place[0] != num_bytes:
            raise self._damaged(
                f"tensor {name!r} of shape {shape} and dtype {dtype} has {num_bytes} bytes, not {place}"
            )
        return tuple(place)

    def read(self, name: str) -> np.ndarray:
        """Read one tensor; those of half precision come as float32.

        Args:
            name: name of the tensor.

        Returns:
            numpy array.

        Raises:
            ValueError: where numpy has no such type.
        """
        tensor = self.tensors[name]
        if tensor.dtype not in _DTYPES:
            raise ValueError(f"{self.path}: tensor {name!r} has dtype {tensor.dtype}, which cannot be read.")
        count = math.prod(tensor.shape)
        values = np.fromfile(self.path, dtype=_DTYPES[tensor.dtype], count=count, offset=tensor.offset)
        if tensor.dtype == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        elif tensor.dtype == "F16":
            values = values.astype("float32")
        return values.reshape(tensor.shape)

    def _damaged(self, reason):
        return ValueError(f"{self.path} is no sound safetensors file: {reason}.")


def _are_sizes(values):
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
