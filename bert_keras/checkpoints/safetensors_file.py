"""One file of tensors in the safetensors format, whose faults are told with its name."""

import dataclasses
import json
import math
import os

import numpy as np
import safetensors

from bert_keras.git_lfs import refuse_lfs_pointer

FLOATS = ("F64", "F32", "F16", "BF16")


@dataclasses.dataclass(frozen=True)
class TensorInfo:
    """A tensor's dtype in the format's words, and its shape."""

    dtype: str
    shape: tuple[int, ...]


class SafetensorsFile:
    """A file whose header has been read and found sound.

    Args:
        path: path of the file.

    Raises:
        FileNotFoundError: where there is no such file, or a pointer of Git LFS to it.
        ValueError: where the header is damaged, or speaks of other bytes than the file has.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = str(path)
        refuse_lfs_pointer(self.path)
        try:
            self._file = safetensors.safe_open(self.path, framework="numpy")
        except safetensors.SafetensorError as error:
            raise ValueError(f"{self.path} is no sound safetensors file: {error}.") from error
        slices = {name: self._file.get_slice(name) for name in self._file.offset_keys()}
        self.tensors = {name: TensorInfo(x.get_dtype(), tuple(x.get_shape())) for name, x in slices.items()}
        with open(self.path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        self._places = {name: 8 + length + header[name]["data_offsets"][0] for name in self.tensors}

    def read(self, name: str) -> np.ndarray:
        """Read one tensor; those of half precision come as float32.

        Args:
            name: name of the tensor.

        Returns:
            numpy array.

        Raises:
            ValueError: where numpy has no such type.
        """
        dtype, shape = self.tensors[name].dtype, self.tensors[name].shape
        if dtype == "F32":  # the library maps the file, whose pages would be in memory beside what is read of them
            count = math.prod(shape)
            return np.fromfile(self.path, "<f4", count, offset=self._places[name]).reshape(shape)
        try:
            values = self._file.get_tensor(name)
        except AttributeError as error:
            raise ValueError(f"{self.path}: tensor {name!r} has dtype {dtype}, which cannot be read.") from error
        return values.astype("float32") if dtype in ("F16", "BF16") else values
