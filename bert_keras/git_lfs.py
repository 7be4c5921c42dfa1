"""Pointers of Git LFS, which stand where a large file should be in a clone that was made without it."""

import os
from pathlib import Path

_BEGINNING = b"version https://git-lfs.github.com/spec/"


def refuse_lfs_pointer(path: str | os.PathLike) -> None:
    """Refuse a file that only names the large file that should be there.

    Args:
        path: path of a file.

    Raises:
        FileNotFoundError: where it is such a pointer, or there is no file.

    Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "model.safetensors")
        >>> _ = path.write_text("version https://git-lfs.github.com/spec/v1")
        >>> refuse_lfs_pointer(path)
        Traceback (most recent call last):
        FileNotFoundError: ... is a pointer of Git LFS, not the file itself: run `git lfs pull` in the clone, or ...
    """
    with Path(path).open("rb") as file:
        beginning = file.read(len(_BEGINNING))
    if beginning == _BEGINNING:
        raise FileNotFoundError(
            f"{os.fspath(path)} is a pointer of Git LFS, not the file itself: run `git lfs pull` in the clone, or "
            "fetch the preset by hf://organisation/name."
        )
