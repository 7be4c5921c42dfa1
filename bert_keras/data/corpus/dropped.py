"""What was left out of a corpus and why: counted by reason, with the first place, or raised."""

import os

from bert_keras.data.corpus.file_formats import REFUSED
from bert_keras.data.files.json_rows import BROKEN_FILE, BROKEN_LINE

# The reasons that are faults of the files, which `errors="raise"` stops at.
FAULTS = {
    "lines with a NUL",
    "lines not UTF-8",
    "lines not in the encoding",
    "files that are not text",
    BROKEN_LINE,
    BROKEN_FILE,
    "JSON records without a text",
    *(f"files of {kind}" for kind in REFUSED),
}
_SIGNS = {
    "NUL": "lines with a NUL",
    "not text": "files that are not text",
    "not UTF-8": "lines not UTF-8",
    "": "lines not in the encoding",
}


class Dropped:
    """What was left out of a corpus and why: a count for each reason, and the first place it was met.

    Args:
        errors: `"skip"` counts a faulty line, `"raise"` raises a `ValueError` at the first.

    Attributes:
        counts: How often, by reason.
        first: The first place, by reason.
        read_as: What the files were read as, and how many of them; not left out, but not said by the user either.
    """

    def __init__(self, errors: str = "skip"):
        if errors not in ("skip", "raise"):
            raise ValueError(f"errors must be 'skip' or 'raise', received {errors!r}")
        self.errors = errors
        self.counts: dict[str, int] = {}
        self.first: dict[str, str] = {}
        self.read_as: dict[str, int] = {}

    def add(self, reason: str, place: str) -> None:
        """Count something that is left out under any policy."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.first.setdefault(reason, place)

    def fault(self, reason: str, place: str) -> None:
        """Count a fault, or raise `ValueError(place)`."""
        if self.errors == "raise":
            raise ValueError(place)
        self.add(reason, place)

    def unreadable(self, problem: str, place: str | os.PathLike) -> None:
        """Count a line with a `TextLine.problem`, or raise."""
        reason = next(reason for sign, reason in _SIGNS.items() if problem.startswith(sign))
        self.fault(reason, f"{place}: {problem}")

    def __str__(self):
        parts = (f"{count} {reason} (first: {self.first[reason]})" for reason, count in self.counts.items())
        return "; ".join(parts) or "nothing"
