"""Files that appear under their final name whole or not at all."""

import os
from pathlib import Path


def write_atomically(path: str | os.PathLike, content: bytes):
    """Writes `content` beside its final name, on to the disk, and renames: a killed run leaves no half file.

    Args:
        path: Final name; its folder must exist.
        content: The bytes of the whole file.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
