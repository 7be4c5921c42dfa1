import os
import stat

import pytest

from bert_keras.checkpoints.atomic_files import write_files


def test_writes_all_files_and_leaves_nothing_else(tmp_path):
    write_files(tmp_path / "new" / "folder", {"a.txt": b"one", "b.bin": b"\0two"})
    folder = tmp_path / "new" / "folder"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.txt": b"one", "b.bin": b"\0two"}


def test_files_are_as_readable_as_any_other(tmp_path):
    write_files(tmp_path, {"a.txt": b""})
    (tmp_path / "usual").touch()
    assert stat.S_IMODE(os.stat(tmp_path / "a.txt").st_mode) == stat.S_IMODE(os.stat(tmp_path / "usual").st_mode)


@pytest.mark.parametrize("function", ["fsync", "chmod"])
def test_an_error_leaves_the_old_files(tmp_path, monkeypatch, function):
    (tmp_path / "a.txt").write_bytes(b"old")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path, {"a.txt": b"new", "b.txt": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"old"}
