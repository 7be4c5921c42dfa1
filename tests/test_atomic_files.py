import errno
import json
import os
import stat

import pytest

from bert_keras import atomic_files
from bert_keras.atomic_files import finish_write, new_folder, write_file, write_files


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


@pytest.mark.parametrize("function, at_call", [("fsync", 1), ("fsync", 2), ("fsync", 3), ("fsync", 4), ("replace", 1)])
def test_an_error_leaves_the_old_files(tmp_path, monkeypatch, function, at_call):
    (tmp_path / "a.txt").write_bytes(b"old")
    failing(monkeypatch, function, at_call)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path, {"a.txt": b"new", "b.txt": b"new"})
    assert contents(tmp_path) == {"a.txt": b"old"}


class Killed(BaseException):
    pass


def killed(monkeypatch, at_call):
    """Ends everything that changes the disk at the n-th such call, what would clean up included."""
    calls = []

    def killing(real):
        def call(*arguments, **options):
            calls.append(arguments)
            if len(calls) >= at_call:
                raise Killed
            return real(*arguments, **options)

        return call

    for name in ("fsync", "replace", "unlink"):
        monkeypatch.setattr(os, name, killing(getattr(os, name)))
    return calls


def test_killed_at_any_moment_all_files_are_old_or_all_are_new(tmp_path, monkeypatch):
    old, new = {"a": b"old", "b": b"old", "c": b"old"}, {"a": b"new", "b": b"new"}
    seen, at_call, calls = [], 0, [()]
    while len(calls) > at_call - 1:
        at_call += 1
        folder = tmp_path / str(at_call)
        write_files(folder, old)
        with monkeypatch.context() as patch:
            calls = killed(patch, at_call)
            try:
                write_files(folder, new, removed=["c"])
            except Killed:
                pass
        finish_write(folder)
        seen.append({name: content for name, content in contents(folder).items() if not name.startswith(".")})
    assert all(some in (old, new) for some in seen)
    assert seen == sorted(seen, key=lambda some: some == new)
    assert old in seen[3:] and seen.count(new) > 4  # killed before the journal, and behind it
    assert contents(folder) == new


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"[]",
        b"{}",
        b'{"process": 1, "written": ["../a"], "removed": []}',
        b'{"process": 1, "written": [], "removed": ["/etc/passwd"]}',
        b'{"process": "../1", "written": [], "removed": []}',
        b'{"process": 1, "written": [1], "removed": []}',
    ],
)
def test_a_journal_that_we_did_not_write_is_refused(tmp_path, journal):
    (tmp_path / ".unfinished_files.json").write_bytes(journal)
    with pytest.raises(ValueError, match="no journal of unfinished files"):
        finish_write(tmp_path)


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


def test_a_write_that_another_process_finished_meanwhile_is_no_error(tmp_path, monkeypatch):
    sync = atomic_files.sync

    def finished_elsewhere(path):
        sync(path)
        (tmp_path / ".unfinished_files.json").unlink(missing_ok=True)

    journal = {"process": 7, "written": ["a"], "removed": []}
    (tmp_path / ".a.7.tmp").write_bytes(b"new")
    (tmp_path / ".unfinished_files.json").write_text(json.dumps(journal))
    monkeypatch.setattr(atomic_files, "sync", finished_elsewhere)
    finish_write(tmp_path)
    assert (tmp_path / "a").read_bytes() == b"new"
