"""What a check has found, and what each check is about."""

import dataclasses
import os
import re
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
_PLACE = re.compile(r"(.+?):(\d+)")
_SIGNS = re.compile(r"\W+")
_LONGEST = 160  # characters of a text that are shown


class Check(NamedTuple):
    """What a check is about.

    Attributes:
        name: By which it is called.
        severity: "error": scores or labels are wrong; "warning": it costs quality; "note": to be known.
        title: What its findings are.
        advice: What to do about them.
    """

    name: str
    severity: Severity
    title: str
    advice: str


CHECKS = {check.name: check for check in (
    Check("faults", "error", "Rows that cannot be read",
          "Mend them where they stand; training leaves them out with --errors skip."),
    Check("leaks", "error", "Held-out texts that training has, too",
          "Leave them out of training: scores count what was learned by heart."),
    Check("conflicts", "error", "The same text with different answers",
          "Decide which answer is right, or leave all of them out."),
    Check("near_leaks", "warning", "Held-out texts of which training has nearly the same",
          "Look at them, and leave those out of training that are copies."),
    Check("duplicates", "warning", "Texts that come more than once in a part, with the same answer",
          "Keep one of each: a text counts as often as it is there."),
    Check("classes", "warning", "Classes that are rare, in one part only, or shared out unevenly",
          "Collect more of them, join them with others, or split the parts anew, class by class."),
    Check("annotations", "warning", "The same words marked in one place and not, or otherwise, in another",
          "Decide once what is marked, and as what."),
    Check("doubts", "warning", "Rows that are read, and may yet be a mistake", "Look at them."),
    Check("damaged_characters", "warning", "Characters that a wrong encoding has damaged",
          "Read the source again in its own encoding, or put in the characters that are given."),
    Check("control_characters", "warning", "Characters that nobody sees", "Take them out."),
    Check("markup", "warning", "Markup and escapes within texts", "Take it out: BERT reads it as words."),
    Check("placeholders", "warning", "Texts that say nothing", "Leave them out, or give them a class of their own."),
    Check("scripts", "warning", "Texts in another script than most", "Leave them out, or train on enough of both."),
    Check("languages", "warning", "Texts in another language than the data's", "Leave them out."),
    Check("long_texts", "warning", "Texts that do not fit into a row",
          "Raise --sequence-length, or --long-texts windows; what is behind a row's end is not read."),
    Check("unknown_tokens", "warning", "Characters that the vocabulary does not have",
          "Take an encoder of that script, or put in characters that it knows."),
    Check("wrong_labels", "warning", "Labels that are probably wrong, by models that have not seen them",
          "Look at them from the first on, until most are right; a model is wrong, too."),
    Check("weak_slices", "note", "Kinds of texts of which models that have not seen them get fewer right",
          "Look at their labels, and collect more of them."),
    Check("near_duplicates", "note", "Texts of which a part has nearly the same",
          "Know that they count more than once."),
)}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        check: Name of the check, a key of `CHECKS`.
        part: Name of the part, such as "train".
        what: What is wrong, in one sentence.
        place: file:line, and what its reader says behind that; empty for what is of no single row.
        text: The text, shortened.
        others: Places of other rows that it is about, such as those with the same text.
        left_out: Places of the rows of training that a cleaned copy goes without.

    Example:
        >>> found = Finding("leaks", "validation", "train has it in 2 rows", "dev.tsv:12", "so good")
        >>> found.severity, found.file, found.line
        ('error', 'dev.tsv', 12)
    """

    check: str
    part: str
    what: str
    place: str = ""
    text: str = ""
    others: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return CHECKS[self.check].severity

    @property
    def file(self) -> str:
        """The file; empty where there is none."""
        return file_and_line(self.place)[0]

    @property
    def line(self) -> int | None:
        """The line in the file, from 1; None where there is none."""
        return file_and_line(self.place)[1]


def file_and_line(place: str) -> tuple[str, int | None]:
    """Return the file and the line of a place, as readers give them.

    Example:
        >>> file_and_line("a.json:4.paragraphs[0].qas[1]"), file_and_line("example 3")
        (('a.json', 4), ('', None))
    """
    match = _PLACE.match(place)
    return (match[1], int(match[2])) if match else ("", None)


def differing(text: str, other: str, longest: int = _LONGEST) -> tuple[str, str]:
    """Return two texts on one line each, cut around the first word in which they differ where they are longer.

    Args:
        text: One.
        other: The other. Case and punctuation make no difference.
        longest: Characters that are shown.

    Example:
        >>> differing("a cat sat on the mat all day", "A cat, sat on the rug all day", longest=20)
        ('...on the mat all day', '...on the rug all day')
    """
    pair = [" ".join(some.split()) for some in (text, other)]
    if max(map(len, pair)) <= longest:
        return tuple(map(shortened, (text, other)))
    words = [line.split(" ") for line in pair]
    known = [[_SIGNS.sub("", word).casefold() for word in some] for some in words]
    first = next((n for n, (one, two) in enumerate(zip(*known)) if one != two), min(map(len, known)))
    # Of scripts without blanks a word is a text.
    within = len(os.path.commonprefix([some[first] for some in words])) if first < min(map(len, words)) else 0
    shown = []
    for line, some in zip(pair, words):
        begin = max(0, min(len(" ".join(some[:first])) + within - longest // 3, len(line) - longest))
        begin = max(begin, line.find(" ", begin - 1, begin + 20) + 1) if begin else 0
        shown.append("..." * bool(begin) + shortened(line[begin:], longest))
    return tuple(shown)


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line, cut where it is longer; a bar for each end of a line.

    Example:
        >>> shortened("so good  a film", 10), shortened("a cat" + chr(10) + "a dog")
        ('so good...', 'a cat | a dog')
    """
    line = " | ".join(" ".join(some.split()) for some in text.splitlines() if some.strip())
    return line if len(line) <= longest else line[: longest - 3].rstrip() + "..."
