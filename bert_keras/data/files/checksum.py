"""One checksum for the files that a run learns from: where it has changed, the run is another one."""

import hashlib
import os


def files_checksum(*paths: str | os.PathLike | None) -> str:
    """sha256 over the contents of files, in their order; where they lie and when they were written does not count.

    Args:
        paths: Files; None for one that is not there.

    Raises:
        FileNotFoundError: If there is no such file.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.csv")
        >>> _ = path.write_text("text,label")
        >>> files_checksum(path, None)[:8]
        '15e95a56'
    """
    digests = []
    for path in paths:
        if path is None:
            digests.append("none")
            continue
        with open(path, "rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()
