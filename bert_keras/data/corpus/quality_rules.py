"""Rules that prose keeps and menus, lists, code and filler break, each with its name, its measure and its bounds.

They are those of Gopher (Rae et al. 2021, "Scaling language models: methods, analysis & insights from training Gopher",
appendix A.1), C4 (Raffel et al. 2020, "Exploring the limits of transfer learning with a unified text-to-text
transformer", section 2.2) and FineWeb (Penedo et al. 2024, "The FineWeb datasets"), of a document as a whole.
"""

import collections
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bert_keras.data.corpus.paragraphs import Paragraph
from bert_keras.data.corpus.writing_systems import WITHOUT_SPACES

_ALONE = "".join(f"{chr(first)}-{chr(end - 1)}" for first, end in WITHOUT_SPACES)
_WORD = re.compile(rf"[{_ALONE}][^\w\s]*|[^\s{_ALONE}]+")
_IS_ALONE = re.compile(f"[{_ALONE}]")
_SYMBOL = re.compile(r"#|…|\.\.\.")
_BULLETS = tuple("•‣▶◀◦■□▪▫–-*·●○")
_ELLIPSES = ("...", "…")
_ENDS = tuple('.!?…"”’»。！？」』؟।።')
_SENTENCE_END = re.compile(r"[.!?…؟।።][\"”’»)]*(?=\s|$)|[。！？]")
_STOP_WORDS = frozenset(("the", "be", "to", "of", "and", "that", "have", "with"))


class Prose:
    """A document as rules see it; words are what spaces part, and each character of scripts that write none.

    Args:
        paragraphs: Those of a document. A paragraph counts as a line, or each of its sentences that stand on lines.
    """

    def __init__(self, paragraphs: Sequence[Paragraph]):
        self.lines = [line for p in paragraphs for line in ((p,) if isinstance(p, str) else p)]

    @functools.cached_property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(self.lines)

    @functools.cached_property
    def words(self) -> list[str]:
        """The words, with the punctuation on them."""
        return _WORD.findall(self.text)

    def share_of_lines(self, is_counted: Callable[[str], bool]) -> float:
        """Return the share of lines of which something is true.

        Args:
            is_counted: What is asked of a line.
        """
        return sum(map(is_counted, self.lines)) / len(self.lines)


class Rule(NamedTuple):
    """What of a document is measured, and between which bounds it has to lie.

    Attributes:
        reason: What is said of documents that break it.
        measure: Takes a `Prose` and returns a number.
        least: The least that is kept.
        most: The most that is kept.
        unit: What is measured, behind the number.
    """

    reason: str
    measure: Callable[[Prose], float]
    least: float = 0.0
    most: float = float("inf")
    unit: str = ""


def _word_length(prose: Prose) -> float:
    lengths = [len(word) for word in prose.words if not _IS_ALONE.match(word)]
    if not lengths:  # all of a script without spaces: there is nothing to measure
        return 5.0
    return sum(lengths) / len(lengths)


def _symbol_ratio(prose: Prose) -> float:
    return len(_SYMBOL.findall(prose.text)) / max(1, len(prose.words))


def _letter_words(prose: Prose) -> float:
    return sum(any(map(str.isalpha, word)) for word in prose.words) / max(1, len(prose.words))


def _stop_words(prose: Prose) -> int:
    return len(_STOP_WORDS.intersection(word.strip(",.;:!?\"'()").lower() for word in prose.words))


def _repeated_lines(prose: Prose) -> float:
    return 1 - len(set(prose.lines)) / len(prose.lines)


def _repeated_ngram(length: int) -> Callable[[Prose], float]:
    def share(prose: Prose) -> float:
        """Return the share of characters in the n-gram of words that fills most of the text, if it is repeated."""
        words = prose.words
        counts = collections.Counter(zip(*(itertools.islice(words, start, None) for start in range(length))))
        most = max((count * sum(map(len, ngram)) for ngram, count in counts.items() if count > 1), default=0)
        return most / max(1, sum(map(len, words)))

    return share


RULES = {
    # Gopher
    "few_words": Rule("documents of fewer than 50 words", lambda p: len(p.words), least=50, unit="words"),
    "word_length": Rule(
        "documents with words of fewer than 3 or more than 10 characters on average",
        _word_length,
        least=3,
        most=10,
        unit="characters a word",
    ),
    "symbols": Rule(
        "documents with more than one # or ... in 10 words", _symbol_ratio, most=0.1, unit="# and ... a word"
    ),
    "bullets": Rule(
        "documents with more than 90 % of lines that begin with a bullet",
        lambda p: p.share_of_lines(lambda line: line.startswith(_BULLETS)),
        most=0.9,
        unit="of the lines",
    ),
    "ellipses": Rule(
        "documents with more than 30 % of lines that end with ...",
        lambda p: p.share_of_lines(lambda line: line.endswith(_ELLIPSES)),
        most=0.3,
        unit="of the lines",
    ),
    "letterless_words": Rule(
        "documents with more than 20 % of words without a letter",
        _letter_words,
        least=0.8,
        unit="of the words have one",
    ),
    "repeated_lines": Rule(
        "documents with more than 30 % of lines that repeat others", _repeated_lines, most=0.3, unit="of the lines"
    ),
    "repeated_2grams": Rule(
        "documents of which two words, repeated, fill more than 20 %",
        _repeated_ngram(2),
        most=0.2,
        unit="of the characters",
    ),
    "repeated_3grams": Rule(
        "documents of which three words, repeated, fill more than 18 %",
        _repeated_ngram(3),
        most=0.18,
        unit="of the characters",
    ),
    "repeated_4grams": Rule(
        "documents of which four words, repeated, fill more than 16 %",
        _repeated_ngram(4),
        most=0.16,
        unit="of the characters",
    ),
    "english_stop_words": Rule(
        f"documents with fewer than two of the words {', '.join(sorted(_STOP_WORDS))}",
        _stop_words,
        least=2,
        unit="of them",
    ),
    # C4, the first as FineWeb measures it: C4 itself leaves out such lines
    "line_ends": Rule(
        "documents with a full stop at the end of fewer than 12 % of the lines",
        lambda p: p.share_of_lines(lambda line: line.endswith(_ENDS)),
        least=0.12,
        unit="of the lines",
    ),
    "few_sentences": Rule(
        "documents of fewer than 3 sentences",
        lambda p: len(_SENTENCE_END.findall(p.text)),
        least=3,
        unit="ends of sentences",
    ),
    "lorem_ipsum": Rule(
        "documents with 'lorem ipsum'", lambda p: p.text.lower().count("lorem ipsum"), most=0, unit="times"
    ),
    "curly_brackets": Rule("documents with a curly bracket", lambda p: p.text.count("{"), most=0, unit="of them"),
}
_C4 = ("line_ends", "few_sentences", "lorem_ipsum", "curly_brackets")
# The stop words are of English alone, so they must be asked for by name.
GROUPS = {"gopher": tuple(name for name in RULES if name not in (*_C4, "english_stop_words")), "c4": _C4}


def named_rules(names: Iterable[str]) -> dict[str, Rule]:
    """Return rules by name, in the order in which they are named.

    Args:
        names: Of `RULES`, or `"gopher"` and `"c4"` for all of these but `english_stop_words`.

    Raises:
        ValueError: If there is no such rule; the message lists those there are.

    Example:
        >>> rule = named_rules(["few_words"])["few_words"]
        >>> rule.measure(Prose(["Buy now!", "我坐了"])), rule.least
        (5, 50)
    """
    rules = {}
    for name in names:
        if name not in RULES and name not in GROUPS:
            raise ValueError(f"there is no quality rule {name!r}; there are {', '.join([*GROUPS, *RULES])}")
        rules |= {one: RULES[one] for one in GROUPS.get(name, (name,))}
    return rules
