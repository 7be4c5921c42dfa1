import io
import logging
import types

import numpy as np
import pytest

from bert_keras import progress as module
from bert_keras.progress import with_progress

BATCHES = [(np.array([0, 1]), "a"), (np.array([2, -1]), "b"), (np.array([3]), "c")]


@pytest.fixture
def clock(monkeypatch):
    """Each look at the clock is so many seconds later."""

    def every(seconds):
        times = iter(range(100))
        monkeypatch.setattr(module.time, "monotonic", lambda: seconds * next(times))

    return every


@pytest.fixture
def terminal(monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(module, "sys", types.SimpleNamespace(stderr=stream))
    return stream


def test_a_long_prediction_says_how_far_it_has_come_in_one_line(clock, terminal):
    clock(4)
    assert list(with_progress(iter(BATCHES), 4, name="Tagger", show=None)) == BATCHES
    lines = [line.strip() for line in terminal.getvalue().split("\r")]
    assert lines == ["", "Tagger: 3 of 4 rows, 0 a second, 3 s left", "Tagger: 4 of 4 rows, 0 a second, 0 s left"]
    assert terminal.getvalue().endswith("\n")


def test_a_short_one_says_nothing(clock, terminal):
    clock(1)
    assert len(list(with_progress(iter(BATCHES), 4, name="Tagger", show=None))) == 3
    assert not terminal.getvalue()


def test_it_is_said_from_the_beginning_or_never_where_that_is_chosen(clock, terminal):
    clock(1)
    list(with_progress(iter(BATCHES), 4, name="Tagger", show=True))
    assert terminal.getvalue().count("\r") == 3
    clock(100)
    list(with_progress(iter(BATCHES), 4, name="Chooser", show=False))
    assert "Chooser" not in terminal.getvalue()


def test_without_a_terminal_it_is_logged(clock, caplog):
    clock(40)
    with caplog.at_level(logging.INFO):
        list(with_progress(iter(BATCHES), 4, name="Tagger", show=None))
    assert caplog.messages[0] == "Tagger: 2 of 4 rows, 0 a second, 40 s left" and len(caplog.messages) == 3
