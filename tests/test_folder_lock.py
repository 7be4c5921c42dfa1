import contextlib
import subprocess
import sys

import pytest

from bert_keras.folder_lock import FolderLock

# Takes the lock and holds it until its input ends.
HOLDER = """
import sys
from bert_keras.folder_lock import FolderLock
lock = FolderLock(sys.argv[1], "a corpus")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_and_the_first_keeps_its_lock(tmp_path, holder):
    for _ in range(2):
        with pytest.raises(OSError, match="cannot write a corpus to .*: another process writes a corpus there"):
            FolderLock(tmp_path, "a corpus")


def test_a_killed_process_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    FolderLock(tmp_path, "a corpus").close()


def test_nothing_stays_behind(tmp_path):
    with contextlib.closing(FolderLock(tmp_path / "new", "a corpus")):
        assert (tmp_path / "new").is_dir()
    assert list((tmp_path / "new").iterdir()) == []


def test_a_lock_that_its_owner_removes_while_it_is_taken_is_taken_anew(tmp_path):
    first, opened = FolderLock(tmp_path, "a corpus"), []

    class Closing(FolderLock):
        def _lock(self, folder, content):
            if not opened:
                first.close()  # between the opening of its file and the lock on it
            opened.append(folder)
            super()._lock(folder, content)

    second = Closing(tmp_path, "a corpus")
    assert len(opened) == 2 and (tmp_path / ".lock").exists()
    second.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot write a corpus to .*file"):
        FolderLock(tmp_path / "file", "a corpus")
