"""Files and folders that are there whole or not at all, whenever the process or the machine stops."""

import contextlib
import os
import shutil
from pathlib import Path


def write_file(path, content):
    """Write a file so that a killed process leaves the old one or the new one, never a half.

    Args:
        path: its final name; the folder must exist.
        content: bytes of the whole file.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "notes.txt")
        >>> write_file(path, b"whole")
        >>> path.read_bytes()
        b'whole'
    """
    path = Path(path)
    _write_together(path.parent, {path.name: content})


def write_files(directory, contents):
    """Write several files into a folder, which is made if it is not there.

    All are written under temporary names first and brought to the disk; then they get their names, in order.

    Args:
        directory: path of the folder.
        contents: dict from file name to bytes.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    _write_together(directory, contents)


@contextlib.contextmanager
def new_folder(path):
    """Fill a folder under a temporary name; it gets its own when all that is in it is on the disk.

    Args:
        path: final name; nothing may be there yet. Folders above it are made.

    Yields:
        `pathlib.Path` of the temporary folder. If the block fails it is removed.

    Raises:
        FileExistsError: if there is something at `path`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "step-1")
        >>> with new_folder(path) as folder:
        ...     _ = (folder / "weights.bin").write_bytes(b"1234")
        >>> [file.name for file in path.iterdir()]
        ['weights.bin']
    """
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for file in temporary.iterdir():
            sync(file)
        sync(temporary)
        os.rename(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync(path.parent)


def sync(path):
    """Bring what was written to a file, or the names in a folder, to the disk.

    Args:
        path: file or folder.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_together(directory, contents):
    temporary = {name: directory / f".{name}.{os.getpid()}.tmp" for name in contents}
    try:
        for name, content in contents.items():
            with open(temporary[name], "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for name in contents:
            os.replace(temporary[name], directory / name)
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)
    sync(directory)
