"""Files and folders that are there whole or not at all, whenever the process or the machine stops."""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert_keras.json_text import parse_json

_JOURNAL = ".unfinished_files.json"


def write_file(path: str | os.PathLike, content: bytes) -> None:
    """Write a file so that a killed process leaves the old one or the new one, never a half.

    Args:
        path: its final name; the folder must exist. A link there is replaced, and what it pointed at stays as it is.
        content: bytes of the whole file.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "notes.txt")
        >>> write_file(path, b"whole")
        >>> path.read_bytes()
        b'whole'
    """
    path = Path(path)
    temporary = _temporary(path, os.getpid())
    try:
        _write(temporary, content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def write_files(directory: str | os.PathLike, contents: dict[str, bytes], *, removed: Iterable[str] = ()) -> None:
    """Write several files into a folder so that a killed process leaves all the old ones or all the new ones.

    The new files are written aside; then a journal that lists them, from which moment on they are the ones that count;
    then they get their names. Who reads the folder calls `finish_write` first, as the next `write_files` does.

    Args:
        directory: path of the folder, which is made if it is not there.
        contents: dict from file name to bytes.
        removed: names of files that go when these come.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    finish_write(directory)
    journal, process = directory / _JOURNAL, os.getpid()
    temporary = {name: _temporary(directory / name, process) for name in contents}
    try:
        for name, content in contents.items():
            _write(temporary[name], content)
        plan = {"process": process, "written": list(contents), "removed": list(removed)}
        write_file(journal, json.dumps(plan).encode())
    except BaseException:
        for path in (journal, *temporary.values()):  # the journal first: it counts on the others
            path.unlink(missing_ok=True)
        raise
    finish_write(directory)


def finish_write(directory: str | os.PathLike) -> None:
    """Give the files their names that a killed `write_files` had written whole; do nothing where there are none.

    Args:
        directory: path of a folder.

    Raises:
        OSError: where the folder cannot be written to.
        ValueError: where the journal in the folder is none of ours.
    """
    journal = Path(directory, _JOURNAL)
    try:
        plan = parse_json(journal.read_bytes())
    except FileNotFoundError:
        return
    except ValueError as error:
        raise ValueError(f"{journal} is no journal of unfinished files: {error}") from error
    names = _names(plan)
    if names is None:
        raise ValueError(f"{journal} is no journal of unfinished files: {str(plan)[:200]}")
    try:
        for name in names["written"]:
            with contextlib.suppress(FileNotFoundError):  # it has its name already
                os.replace(_temporary(journal.with_name(name), plan["process"]), journal.with_name(name))
        for name in names["removed"]:
            journal.with_name(name).unlink(missing_ok=True)
        sync(journal.parent)
        journal.unlink(missing_ok=True)  # another process may have finished it meanwhile
    except OSError as error:
        error.add_note(f"{directory} holds the files of two saves until this one is finished: see {journal}")
        raise


@contextlib.contextmanager
def new_folder(path: str | os.PathLike) -> Iterator[pathlib.Path]:
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
        for inside in (*temporary.rglob("*"), temporary):
            sync(inside)
        os.rename(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync(path.parent)


def sync(path: str | os.PathLike) -> None:
    """Bring what was written to a file, or the names in a folder, to the disk.

    Args:
        path: file or folder.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path, content):
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _temporary(path, process):
    return path.with_name(f".{path.name}.{process}.tmp")


def _names(plan):
    """Return the names in a journal, None where it is not of our making: a folder may come from anywhere."""
    if (
        not isinstance(plan, dict)
        or plan.keys() != {"process", "written", "removed"}
        or type(plan["process"]) is not int
    ):
        return None
    names = {part: plan[part] for part in ("written", "removed")}
    for part in names.values():
        if not isinstance(part, list) or not all(isinstance(name, str) and Path(name).name == name for name in part):
            return None
    return names
