"""Files that only grow, and a header that says how much of them counts: a killed writer leaves what was committed."""

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from bert_keras.atomic_files import sync, write_files
from bert_keras.inference.search.array_folder import HEADER, read_header


class GrowingFiles:
    """A folder of files that are appended to.

    What is appended counts from the next `commit` on, which writes the header: all of it, or nothing where the process
    is killed before.

    Args:
        folder: where they lie.
        header: `kind`, `version`, `files` and further values.

    Attributes:
        header: the same, as it is committed.
    """

    def __init__(self, folder: str | os.PathLike, header: dict[str, Any]) -> None:
        self.folder = Path(folder)
        self.header = header
        self._files = {name: dict(one) for name, one in header["files"].items()}

    @classmethod
    def create(cls, folder: str | os.PathLike, kind: str, version: int, names: Iterable[str], **values: Any) -> Self:
        """Make the files, empty, and their header.

        Args:
            folder: path; made if it is not there.
            kind: what they are together.
            version: of the format.
            names: of the files.
            **values: what else the header says.
        """
        described = {name: {"bytes": 0, "crc32": 0} for name in names}
        files = cls(folder, {"kind": kind, "version": version, "files": described} | values)
        write_files(files.folder, dict.fromkeys(described, b"") | {HEADER: files._header()})
        return files

    @classmethod
    def open(cls, folder: str | os.PathLike, kind: str, version: int, *, verify: bool) -> Self:
        """Open the files that are in a folder.

        Args:
            folder: path.
            kind: what they shall be.
            version: of the format that can be read.
            verify: whether to read them all and compare checksums, or look at their sizes alone.

        Raises:
            FileNotFoundError: where the header or a file is missing, with what to do.
            ValueError: where they are something else or damaged; the message names the file.
        """
        header, path = read_header(folder, kind, version), Path(folder, HEADER)
        if header.pop("crc32", None) != zlib.crc32(_as_bytes(header)) or not _is_sound(header.get("files")):
            raise ValueError(f"{path}: damaged: it is not what was written")
        files = cls(folder, header)
        for name, one in files._files.items():
            if not path.with_name(name).exists():
                raise FileNotFoundError(
                    f"{path.with_name(name)} is missing: the {kind} is no longer whole. Remove the folder, and build "
                    "it again."
                )
            size = os.path.getsize(path.with_name(name))
            if size < one["bytes"]:
                raise ValueError(f"{path.with_name(name)}: damaged: expected {one['bytes']} bytes, found {size}")
            if verify and _checksum(path.with_name(name), one["bytes"]) != one["crc32"]:
                raise ValueError(f"{path.with_name(name)}: damaged: its checksum is another one than the header's")
        return files

    def size(self, name: str) -> int:
        """Return how many bytes a file has, those appended since the last `commit` included."""
        return self._files[name]["bytes"]

    def append(self, contents: Mapping[str, bytes]) -> None:
        """Write behind the files.

        Args:
            contents: {name: bytes}.
        """
        for name, content in contents.items():
            one = self._files[name]
            with open(self.folder / name, "r+b") as file:
                file.seek(one["bytes"])  # what a killed writer had begun is written over
                file.truncate()
                file.write(content)
            one["bytes"] += len(content)
            one["crc32"] = zlib.crc32(content, one["crc32"])

    def commit(self, others: Mapping[str, bytes] | None = None, **values: Any) -> None:
        """Make count what was appended.

        Args:
            others: {name: bytes} of files that are written anew at the same moment.
            **values: what the header says from now on.
        """
        for name in self._files:
            sync(self.folder / name)
        self.header = self.header | values | {"files": {name: dict(one) for name, one in self._files.items()}}
        write_files(self.folder, dict(others or {}) | {HEADER: self._header()})

    def _header(self) -> bytes:
        return json.dumps({"crc32": zlib.crc32(_as_bytes(self.header))} | self.header).encode() + b"\n"


def _as_bytes(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode()


def _is_sound(files: Any) -> bool:
    return isinstance(files, dict) and all(
        Path(name).name == name and isinstance(one, dict) and all(type(one.get(k)) is int for k in ("bytes", "crc32"))
        for name, one in files.items()
    )


def _checksum(path: Path, num_bytes: int) -> int:
    checksum, left = 0, num_bytes
    with open(path, "rb") as file:
        while left and (block := file.read(min(left, 1 << 20))):
            checksum, left = zlib.crc32(block, checksum), left - len(block)
    return checksum
