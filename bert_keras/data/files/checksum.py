"""One checksum for the files that a run learns from: where it has changed, the run is another one."""

import hashlib
import os

from bert_keras.data.files.text_lines import find_files


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
        for file_path in find_files(path) if os.path.isdir(path) else [path]:  # a folder of brat's, say
            with open(file_path, "rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()
