"""Imports TensorFlow without the lines that it writes about itself; anything else that it says is passed on."""

import importlib.util
import os
import re
import sys
import tempfile

from bert_keras.garbage_collector import collector_off

_ABOUT_ITSELF = re.compile(
    rb"[IW]\d{4} \d\d:\d\d:\d\d.*|WARNING: All log messages before absl::InitializeLog.*|"
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] .*|To enable the following instructions.*"
)


def import_quietly() -> None:
    """Import TensorFlow where it is installed; its own log of information and warnings stays off the terminal.

    It writes these lines before it looks at `TF_CPP_MIN_LOG_LEVEL`. Where a user has set that variable to 0, 1 or 2,
    they are shown.
    """
    if "tensorflow" in sys.modules or importlib.util.find_spec("tensorflow") is None:
        return
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") < "3":
        _import()
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            _import()
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            written.seek(0)
            others = [line for line in written if not _ABOUT_ITSELF.fullmatch(line.rstrip())]
            os.write(2, b"".join(others))


def _import():
    with collector_off():
        importlib.import_module("tensorflow")
