"""What was left out of a corpus and why: counted by reason, with the first place, or raised."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

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
        file: Gets the documents and paragraphs that are left out, as JSON Lines.

    Attributes:
        counts: How often, by reason.
        first: The first place, by reason.
        read_as: What the files were read as, and how many of them; not left out, but not said by the user either.
    """

    def __init__(self, errors: str = "skip", file: TextIO | None = None):
        if errors not in ("skip", "raise"):
            raise ValueError(f"errors must be 'skip' or 'raise', received {errors!r}")
        self.errors, self._file = errors, file
        self.counts: dict[str, int] = {}
        self.first: dict[str, str] = {}
        self.read_as: dict[str, int] = {}

    def add(self, reason: str, place: str) -> None:
        """Count something that is left out under any policy."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.first.setdefault(reason, place)

    def text(self, reason: str, detail: str, document: int, paragraphs: Sequence[str | Sequence[str]]) -> None:
        """Count a document or a paragraph that is left out, and write it to the file, if there is one.

        Args:
            reason: Why, in the words of the report.
            detail: What was found, or nothing.
            document: Its number.
            paragraphs: The text.
        """
        texts = [text if isinstance(text, str) else "\n".join(text) for text in paragraphs]
        self.add(reason, ", ".join(filter(None, (repr(texts[0][:60]), detail))))
        if self._file:
            row = {"document": document, "reason": reason, "detail": detail, "text": "\n\n".join(texts)}
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

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


@contextlib.contextmanager
def left_out_file(path: str | os.PathLike | None) -> Iterator[TextIO | None]:
    """Open a file for what is left out, which has its name once it is complete; None opens none.

    Args:
        path: Its name; the folder is made if missing.
    """
    if path is None:
        yield None
        return
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
