"""One file of tensors in the safetensors format, whose faults are told with its name."""

import dataclasses
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

    def read(self, name: str) -> np.ndarray:
        """Read one tensor; those of half precision come as float32.

        Args:
            name: name of the tensor.

        Returns:
            numpy array.

        Raises:
            ValueError: where numpy has no such type.
        """
        dtype = self.tensors[name].dtype
        try:
            values = self._file.get_tensor(name)
        except AttributeError as error:
            raise ValueError(f"{self.path}: tensor {name!r} has dtype {dtype}, which cannot be read.") from error
        return values.astype("float32") if dtype in ("F16", "BF16") else values
