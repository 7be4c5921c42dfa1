"""Files that are there whole or not at all."""

import os
import pathlib
import tempfile


def write_files(directory, contents):
    """Write files into a directory so that a killed process leaves the old ones or the new ones, never a half.

    All are written under temporary names first and brought to the disk; then they get their names, in order.

    Args:
        directory: path of the directory; made if it is not there.
        contents: dict from file name to bytes.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    temporary = {}
    try:
        for name, content in contents.items():
            descriptor, temporary[name] = tempfile.mkstemp(dir=directory, prefix=f".{name}.")
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary[name], 0o666 & ~_umask())  # mkstemp makes files for their owner alone
        for name in contents:
            os.replace(temporary.pop(name), directory / name)
    finally:
        for path in temporary.values():
            os.unlink(path)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the new names
    finally:
        os.close(descriptor)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
