"""A sentence on its way from a file into memory: its words, tags and spans, and its first fault with its place."""

import dataclasses
from collections.abc import Iterator

from bert_keras.data.files.text_lines import read_lines
from bert_keras.tagging_schemes import Span


@dataclasses.dataclass
class SentenceInFile:
    """One sentence as it stands in a file, with what is wrong with it.

    Attributes:
        place: file:line of its begin.
        words: Its words.
        tags: The tag of each word, where the file has tags.
        places: file:line of each word.
        text: The raw text.
        offsets: (start, end) of each word in the text.
        spans: (first word, the one behind the last, label), where the file has spans.
        num_escaped: Words that the text has otherwise, for they are spelled as in the Penn Treebank.
        doubts: (what is suspicious and read as it is, its place) each.
        fault: What is wrong, with its place; None if all is well.
    """

    place: str
    words: list[str] = dataclasses.field(default_factory=list)
    tags: list[str] = dataclasses.field(default_factory=list)
    places: list[str] = dataclasses.field(default_factory=list)
    text: str = ""
    offsets: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    spans: list[Span] | None = None
    num_escaped: int = 0
    doubts: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    fault: str | None = None

    def add_fault(self, place: str, message: str) -> None:
        """Note what is wrong, unless something is already."""
        self.fault = self.fault or f"{place}: {message}"


def lines_with_places(path: str, encoding: str | None = None) -> Iterator[tuple[str, str, str | None]]:
    """Yield the place and the text of each line of a file, and what is wrong with it; an empty line comes last."""
    for line in read_lines(path, encoding=encoding):
        yield f"{path}:{line.number}", line.text, "line of more than 1 MiB" if line.is_cut else line.problem
    yield f"{path}: end", "", None
