"""Faulty rows, raised or counted by kind, and what is no fault but looks like one, counted and said."""

import logging
import os
from typing import Any, NamedTuple

_logger = logging.getLogger(__name__)


class RowFault(ValueError):
    """What makes a row unsound.

    Args:
        message: What was expected, and what stands there.
        kind: What rows with this fault have in common, in the plural, e.g. `"rows with an empty text"`.
    """

    def __init__(self, message: str, kind: str):
        super().__init__(message)
        self.kind = kind


class NoExamples(ValueError):
    """A file has no sound row at all.

    Args:
        message: Which file, and why its rows were skipped.
    """

    def __init__(self, message: str):
        super().__init__(message)


class Faults:
    """Raises at the first faulty row, or counts them; counts what is suspicious in either case.

    Args:
        errors: `"raise"` or `"skip"`.

    Attributes:
        count: Faulty rows so far.
        first: The message of the first one.

    Raises:
        ValueError: For another word.

    Example:
        >>> faults = Faults("skip")
        >>> faults.add("a.tsv:3: empty line", kind="empty lines")
        >>> faults.add("a.tsv:5: 3 cells, the header has 2", kind="rows with too many cells")
        >>> faults.report(8, "a.tsv")  # logs them
        >>> faults.count, faults.first
        (2, 'a.tsv:3: empty line')
    """

    def __init__(self, errors: str):
        if errors not in ("raise", "skip"):
            raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
        self.errors = errors
        self.count = 0
        self.first = ""
        self._kinds: dict[str, tuple[int, str]] = {}
        self._doubts: dict[str, tuple[int, str]] = {}

    @classmethod
    def of(cls, errors: "str | Faults") -> "Faults":
        """Return those of a policy; or those given, to which several readers may tell what they find."""
        return errors if isinstance(errors, Faults) else cls(errors)

    def add(self, message: str, kind: str | None = None) -> None:
        """Raise `ValueError` with the message, or count it among those of its kind."""
        if self.errors == "raise":
            raise ValueError(message)
        self.count += 1
        self.first = self.first or message
        _count(self._kinds, kind or "others", message)

    def doubt(self, kind: str, place: str) -> None:
        """Count what is read as it is and may yet be a mistake."""
        _count(self._doubts, kind, place)

    def stop(self, message: str) -> None:
        """Raise `ValueError` for what is wrong with all rows together, which no policy skips."""
        raise ValueError(message)

    def report(self, num_sound: int, source: Any) -> None:
        """Log what was skipped and what is suspicious, each kind with its number and its first place.

        Raises:
            NoExamples: If there is no sound row; a `ValueError`.
        """
        kinds = "; ".join(f"{count} {kind} (first: {first})" for kind, (count, first) in self._kinds.items())
        shown = f", the first: {self.first}" if list(self._kinds) == ["others"] else f": {kinds}"
        if self.count:
            _logger.warning("skipped %d of %d rows%s", self.count, self.count + num_sound, shown)
        for kind, (count, first) in self._doubts.items():
            _logger.warning("%d of %d rows: %s, the first: %s", count, self.count + num_sound, kind, first)
        if not num_sound:
            source = os.fspath(source) if isinstance(source, os.PathLike) else source
            raise NoExamples(f"no examples in {source!r}" + (f"; skipped {self.count}{shown}" if self.count else ""))


class FoundFault(NamedTuple):
    """A fault or a doubt, as `AllFaults` keeps it.

    Attributes:
        kind: What others like it are called.
        message: Where it is and what is wrong.
        is_doubt: Whether the row is read all the same.
    """

    kind: str
    message: str
    is_doubt: bool


class AllFaults(Faults):
    """Keeps all that readers find, instead of counting it: given to them as `errors`.

    What is wrong with all rows together is one more of them. A file without a sound row still raises `NoExamples`.

    `found` has faults and doubts in the order of the files.

    Example:
        >>> faults = AllFaults()
        >>> faults.add("a.tsv:3: empty line", kind="empty lines")
        >>> faults.found[0].message
        'a.tsv:3: empty line'
    """

    def __init__(self):
        super().__init__("skip")
        self.found: list[FoundFault] = []

    def add(self, message: str, kind: str | None = None) -> None:
        """Keep a fault."""
        super().add(message, kind)
        self.found.append(FoundFault(kind or "others", message, is_doubt=False))

    def doubt(self, kind: str, place: str) -> None:
        """Keep what is read as it is and may yet be a mistake."""
        self.found.append(FoundFault(kind, place, is_doubt=True))

    def report(self, num_sound: int, source: Any) -> None:
        """Raise `NoExamples` if there is no sound row; whoever made these says the rest."""
        if not num_sound:
            raise NoExamples(f"no examples in {os.fspath(source) if isinstance(source, os.PathLike) else source!r}")

    def stop(self, message: str) -> None:
        """Keep what is wrong with all rows together: the reader goes on."""
        self.found.append(FoundFault("files that cannot be learned from", message, is_doubt=False))


def _count(counts: dict[str, tuple[int, str]], kind: str, message: str):
    count, first = counts.get(kind, (0, message))
    counts[kind] = count + 1, first
