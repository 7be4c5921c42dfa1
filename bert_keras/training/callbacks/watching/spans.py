"""Spans that a model finds beside those that are there: which are right, which it missed, which it invented."""

import collections
import dataclasses
from collections.abc import Iterable, Sequence

RIGHT, MISSED, INVENTED = "right", "missed", "invented"
_CONTEXT = 120  # characters that stay before the first mark and behind the last


@dataclasses.dataclass(frozen=True, order=True)
class Mark:
    """A place in a text, and what is to be said of it.

    Attributes:
        start: First character.
        end: The one behind the last.
        label: What it is, or is said to be.
        verdict: "right", "missed" or "invented".
    """

    start: int
    end: int
    label: str
    verdict: str


@dataclasses.dataclass(frozen=True)
class SpanPredictions:
    """Texts with marks of what is found and what is there.

    Attributes:
        texts: The texts.
        marks: Those of each text.
        headings: What stands before each text, such as a question; None for nothing.
    """

    texts: Sequence[str]
    marks: Sequence[Sequence[Mark]]
    headings: Sequence[str] | None = None

    def hardest(self, most: int) -> list[int]:
        """Return the numbers of the texts with most mistakes, those first.

        Args:
            most: How many at most.
        """
        mistakes = [self.num_mistakes(number) for number in range(len(self.texts))]
        return sorted(range(len(mistakes)), key=lambda number: -mistakes[number])[:most]

    def num_mistakes(self, number: int) -> int:
        """Return how many marks of a text are missed or invented.

        Args:
            number: The text's.
        """
        return sum(mark.verdict != RIGHT for mark in self.marks[number])

    def counts(self) -> collections.Counter:
        """Return how many marks have each verdict."""
        return collections.Counter(mark.verdict for some in self.marks for mark in some)


def part_around(text: str, marks: Sequence[Mark]) -> tuple[int, int]:
    """Return the first character of a text that is near its marks, and the one behind the last.

    Args:
        text: The text.
        marks: Those in it; without any, its beginning is meant.

    Example:
        >>> part_around("a" * 1000, [Mark(500, 510, "person", "right")])
        (380, 630)
    """
    first = max(0, min((mark.start for mark in marks), default=0) - _CONTEXT)
    last = min(len(text), max((mark.end for mark in marks), default=2 * _CONTEXT) + _CONTEXT)
    return first, last


def compare_spans(truths: Iterable, found: Iterable) -> list[tuple]:
    """Say of each thing whether it is right, missed or invented.

    Args:
        truths: What is there: spans, or anything that can be compared and sorted.
        found: What a model finds.

    Returns:
        (thing, verdict) of each, sorted by thing.

    Example:
        >>> compare_spans([(0, 3, "person"), (9, 13, "place")], [(0, 3, "person"), (9, 13, "person")])
        [((0, 3, 'person'), 'right'), ((9, 13, 'person'), 'invented'), ((9, 13, 'place'), 'missed')]
    """
    truths, found = set(truths), set(found)
    verdicts = {thing: RIGHT if thing in found else MISSED for thing in truths}
    verdicts |= dict.fromkeys(found - truths, INVENTED)
    return sorted(verdicts.items())
