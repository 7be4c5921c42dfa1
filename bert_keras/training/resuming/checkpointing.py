"""Training states on disk: a folder each, whole or not at all, with a manifest that tells any damage."""

import hashlib
import importlib.metadata
import json
import logging
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

from bert_keras.atomic_files import new_folder
from bert_keras.folder_lock import FolderLock

_logger = logging.getLogger(__name__)
_FORMAT = "bert_keras training state 1"
_ARRAYS, _STATE, _MANIFEST = "arrays.safetensors", "state.json", "manifest.json"
_FAULTS = (ValueError, OSError, KeyError, TypeError, AttributeError, RecursionError)  # of reading what is damaged
_PACKAGES = ("keras", "numpy", "tensorflow", "tensorflow-text", "jax", "torch")
_DTYPES = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "b1": "BOOL"}
_DTYPES |= {"u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8"}


class TrainingState(NamedTuple):
    """What a run needs to go on.

    Attributes:
        step: batches trained on.
        arrays: dict from name to numpy array.
        state: everything else, as JSON holds it.
        configuration: what the run was started with, as JSON holds it.
    """

    step: int
    arrays: dict[str, np.ndarray]
    state: dict[str, Any]
    configuration: dict[str, Any]


class TrainingStates:
    """The newest states of a run, in a folder: `step-00000200` and so on.

    Each is written under another name, brought to the disk and renamed. Its manifest has the size and sha256 of each
    file, the step, the configuration and the versions of the packages.

    Args:
        directory: the folder, made by the first save.
        keep_last: how many states stay, besides the best one. Default 2.

    Example:
        >>> import tempfile
        >>> states = TrainingStates(tempfile.mkdtemp())
        >>> states.save(TrainingState(7, {"weights": np.ones(2)}, {"epoch": 1}, {}))
        >>> states.load().arrays["weights"]
        array([1., 1.])
    """

    def __init__(self, directory: str | os.PathLike, keep_last: int = 2):
        if keep_last < 1:
            raise ValueError(f"Expected keep_last of at least 1, received: {keep_last}.")
        self.directory = Path(directory)
        self.keep_last = keep_last

    def save(self, training_state: TrainingState, is_best: bool = False) -> None:
        """Write a state, then delete those that are too many.

        Args:
            training_state: `TrainingState`.
            is_best: whether it is the best so far, to be kept until a better one comes.

        Raises:
            OSError: if it cannot be written; the states before it stay as they are.
        """
        step, arrays, state, configuration = training_state
        folder = self.directory / f"step-{step:08d}"
        if not folder.exists():
            try:
                with new_folder(folder) as temporary:
                    (temporary / _STATE).write_text(json.dumps(state))
                    files = {_ARRAYS: _write_arrays(temporary / _ARRAYS, arrays), _STATE: _digest(temporary / _STATE)}
                    manifest = {
                        "format": _FORMAT,
                        "step": step,
                        "is_best": is_best,
                        "files": files,
                        "configuration": configuration,
                        "versions": _versions(),
                        "written": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                    }
                    (temporary / _MANIFEST).write_text(json.dumps(manifest | {"sha256": _checksum(manifest)}, indent=1))
            except OSError as error:
                message = (
                    f"cannot save the training state of step {step} in {self.directory}: {error.strerror or error}"
                )
                raise OSError(error.errno, message) from error
        self._delete_old()

    def load(self) -> TrainingState | None:
        """Read the newest state that is whole; damaged ones are named in the log and put aside.

        Returns:
            `TrainingState`, or None where nothing was saved yet.

        Raises:
            ValueError: if all that was saved is damaged.
        """
        faults = []
        for folder in reversed(self._folders()):
            try:
                return self._read(folder)
            except _FAULTS as error:
                faults.append(f"{folder}: {error}")
                _logger.warning("damaged training state, taking the one before: %s", faults[-1])
        if faults:
            raise ValueError(
                "All training states are damaged; remove them to start anew:\n" + "\n".join(map(str, faults))
            )
        return None

    def put_aside_later_than(self, step: int) -> None:
        """Rename the states of later steps, which a run that resumes from `step` will write anew."""
        for folder in self._folders():
            if int(folder.name.removeprefix("step-")) > step:
                os.rename(folder, folder.with_name(f"unused-{folder.name}-{time.time_ns()}"))

    def _folders(self):
        names = [path.name for path in self.directory.glob("step-*")]
        return [self.directory / name for name in sorted(names) if re.fullmatch(r"step-\d{8,}", name)]

    def _read(self, folder):
        manifest = self._manifest(folder)
        for name, expected in manifest["files"].items():
            received = _digest(folder / name)
            if received != expected:
                raise ValueError(f"{name} has {received}, its manifest says {expected}")
        arrays = safetensors.numpy.load_file(folder / _ARRAYS)
        state = json.loads((folder / _STATE).read_text())
        return TrainingState(manifest["step"], arrays, state, manifest["configuration"])

    def _manifest(self, folder):
        manifest = json.loads((folder / _MANIFEST).read_text())
        if manifest.pop("sha256") != _checksum(manifest):
            raise ValueError(f"{_MANIFEST} was changed after it was written")
        if manifest["format"] != _FORMAT:
            raise ValueError(f"expected format {_FORMAT!r}, received {manifest['format']!r}")
        return manifest

    def _delete_old(self):
        *old, _ = folders = self._folders()
        newest_best = None
        for folder in folders:
            try:
                newest_best = folder if self._manifest(folder)["is_best"] else newest_best
            except _FAULTS:
                continue
        for folder in old[: max(0, len(folders) - self.keep_last)]:
            if folder != newest_best:
                # Renamed first, so that a killed process does not leave a folder that looks damaged.
                doomed = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
                os.rename(folder, doomed)
                shutil.rmtree(doomed)

    def claim(self) -> None:
        """Keep other processes from saving here, and remove what killed ones left half-written.

        Raises:
            OSError: if the folder cannot be written to, or another process saves here.
        """
        self._lock = FolderLock(self.directory, "training states")  # while training lasts
        for path in self.directory.glob(".step-*.tmp"):
            shutil.rmtree(path, ignore_errors=True)

    def release(self) -> None:
        """Let other processes save here."""
        self._lock.close()


def _write_arrays(path, arrays):
    """Write a safetensors file array by array; the checksum and the writing leave other threads their turn."""
    header, end = {}, 0
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": _DTYPES[array.dtype.str[1:]], "shape": array.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    checksum = hashlib.sha256()
    with open(path, "wb") as file:
        for part in (len(text).to_bytes(8, "little"), text, *(x.reshape(-1).view("u1") for x in arrays.values())):
            checksum.update(part)
            file.write(part)
        size = file.tell()
    return {"bytes": size, "sha256": checksum.hexdigest()}


def _digest(path):
    with open(path, "rb") as file:
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _checksum(manifest):
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _versions():
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
