import errno
import os
import stat

import pytest

from bert_keras.atomic_files import new_folder, write_file, write_files


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def failing(monkeypatch, name, at_call):
    """Makes the n-th call of a function of `os` fail as on a full disk; counts the calls."""
    real, calls = getattr(os, name), []

    def fail(*arguments, **options):
        calls.append(arguments)
        if len(calls) == at_call:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, fail)
    return calls


def test_writes_all_files_and_leaves_nothing_else(tmp_path):
    folder = tmp_path / "new" / "folder"
    write_files(folder, {"a.txt": b"one", "b.bin": b"\0two"})
    assert contents(folder) == {"a.txt": b"one", "b.bin": b"\0two"}


def test_files_are_as_readable_as_any_other(tmp_path):
    write_file(tmp_path / "a.txt", b"")
    (tmp_path / "usual").touch()
    assert stat.S_IMODE(os.stat(tmp_path / "a.txt").st_mode) == stat.S_IMODE(os.stat(tmp_path / "usual").st_mode)


@pytest.mark.parametrize("function, at_call", [("fsync", 1), ("fsync", 2), ("replace", 1)])
def test_an_error_leaves_the_old_files(tmp_path, monkeypatch, function, at_call):
    (tmp_path / "a.txt").write_bytes(b"old")
    failing(monkeypatch, function, at_call)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path, {"a.txt": b"new", "b.txt": b"new"})
    assert contents(tmp_path) == {"a.txt": b"old"}


@pytest.mark.parametrize("function, at_call", [("fsync", 1), ("fsync", 2), ("rename", 1)])
def test_a_folder_that_could_not_be_finished_is_not_there(tmp_path, monkeypatch, function, at_call):
    failing(monkeypatch, function, at_call)
    with pytest.raises(OSError, match="No space"), new_folder(tmp_path / "step") as folder:
        (folder / "weights").write_bytes(b"12")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_appears_with_all_its_files(tmp_path):
    with new_folder(tmp_path / "step") as folder:
        (folder / "weights").write_bytes(b"12")
        assert not (tmp_path / "step").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["step"]
    assert contents(tmp_path / "step") == {"weights": b"12"}


def test_a_folder_is_never_replaced(tmp_path):
    with pytest.raises(FileExistsError, match="there already"), new_folder(tmp_path):
        pass
