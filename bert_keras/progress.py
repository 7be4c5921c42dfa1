"""How far a long step has come: a line on the terminal, or lines in the log."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

_logger = logging.getLogger(__name__)
_QUIET_SECONDS = 5.0  # nothing is said of what is done before
_SECONDS_BETWEEN = {"line": 0.5, "log": 30.0}


def with_progress(
    batches: Iterable[tuple[Any, Any]], num_rows: int | None, *, name: str, show: bool | None
) -> Iterator[tuple[Any, Any]]:
    """Pass batches on, and say how many rows have come.

    Args:
        batches: Pairs of the numbers of a batch's rows, -1 for a filler, and anything.
        num_rows: Rows of all batches; None where nobody knows.
        name: Who predicts, or what is done.
        show: True says it from the beginning, None after some seconds, False never.

    Yields:
        The pairs.
    """
    began = said = time.monotonic()
    where, done, has_line = "line" if sys.stderr.isatty() else "log", 0, False
    for numbers, outputs in batches:
        yield numbers, outputs
        done += int((numbers >= 0).sum())
        now = time.monotonic()
        is_due = now - said >= _SECONDS_BETWEEN[where] or (has_line and done == num_rows)
        if show is False or not is_due or (show is None and now - began < _QUIET_SECONDS):
            continue
        said, rate = now, done / (now - began)
        text = f"{name}: {done} rows, {rate:.0f} a second"
        if num_rows is not None:
            text = f"{name}: {done} of {num_rows} rows, {rate:.0f} a second, {(num_rows - done) / rate:.0f} s left"
        if where == "log":
            _logger.info("%s", text)
        else:
            end, has_line = "\n" if done == num_rows else "", True
            print(f"\r{text:<79}", end=end, file=sys.stderr, flush=True)
