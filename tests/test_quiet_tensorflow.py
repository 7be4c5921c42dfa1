"""TensorFlow's lines about itself stay off the terminal; all others are shown."""

import os
import subprocess
import sys

import pytest

FAKE = """
import os
os.write(2, b"I0000 00:00:1795.1 5219 port.cc:153] oneDNN custom operations are on.\\n")
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, b"libfoo.so: cannot open shared object file\\n")
"""


@pytest.fixture
def printed_by_import(tmp_path):
    def run(ending="", **variables):
        (tmp_path / "tensorflow.py").write_text(FAKE + ending)
        code = "from bert_keras.quiet_tensorflow import import_quietly; import_quietly()"
        environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
        environment |= {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]), **variables}
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    return run


def test_lines_about_itself_are_left_out_and_others_shown(printed_by_import):
    assert printed_by_import().stderr == "libfoo.so: cannot open shared object file\n"


def test_all_lines_are_shown_where_the_user_asks_for_them(printed_by_import):
    assert "oneDNN" in printed_by_import(TF_CPP_MIN_LOG_LEVEL="0").stderr


def test_a_failed_import_is_raised_with_what_was_written(printed_by_import):
    failed = printed_by_import('raise ImportError("no such symbol")')
    assert failed.returncode == 1 and "libfoo.so" in failed.stderr and "no such symbol" in failed.stderr
