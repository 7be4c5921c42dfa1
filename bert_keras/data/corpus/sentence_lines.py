"""Whether somebody has cut a text into sentences already, a line each, or only wrapped it.

Lines that were wrapped are full: the next word would not have fitted. Lines that are sentences end as sentences do, and
hold one each; lines that are paragraphs hold several.
"""

import itertools
import re
from collections.abc import Iterable

from bert_keras.data.corpus.sentences import STOPS, split_sentences

# Measured on the first 1000 lines of 26 novels, on presidential addresses and on both cut into sentences: of wrapped
# lines 9-35 % had room for the next word and 11-32 % ended in a stop, of sentences 93-95 % and 100 %; one sentence
# held 0-70 % of the lines that were paragraphs.
_ENOUGH_PAIRS = 8  # lines with a line behind them; fewer tell nothing
_ENOUGH_BLOCKS = 4
_SINGLE, _SURE, _NEARLY_ALL, _MOST, _WITH_ROOM = 0.75, 0.7, 0.95, 0.5, 0.6
_BEGINNING = 1 << 10  # characters; of longer lines they tell how many sentences there are
_STOP_AT_END = re.compile(rf"(?:{STOPS.pattern})\Z")
_COMMAS = (",", ";", ":", "-", "–", "—", "،", "，", "、", "；", "：")
_TAIL = 24  # characters: where a stop with its quotes is looked for
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")  # a word a character


class LineEvidence:
    """Counts what tells sentences from wrapped lines; the evidence of several texts is added up.

    Example:
        >>> evidence = LineEvidence()
        >>> for _ in range(3):
        ...     evidence.add(["The cat sat down.", "Then it slept for a while.", "It woke.", "Where was the dog?"])
        >>> evidence.is_enough, evidence.tells_sentences
        (True, True)
    """

    def __init__(self):
        self.num_alone = 0  # lines between blank ones: most paragraphs, few sentences
        self.num_lines = self.num_pairs = 0  # the others
        self._blocks: list[list[list[str]]] = []  # of each text, to be counted when it is asked for
        self.num_stops = self.num_commas = self.num_with_room = self.num_blocks = self.num_full_ends = 0
        self._num_single, self._unsplit = 0, []  # beginnings of lines, which take longest

    def add(self, lines: Iterable[str]) -> None:
        """Count the lines of a text, blank ones among them."""
        blocks = [list(block) for has_text, block in itertools.groupby(map(str.strip, lines), key=bool) if has_text]
        num_blocks = len(blocks)
        blocks = [block for block in blocks if len(block) > 1]
        self.num_alone += num_blocks - len(blocks)
        self.num_lines += sum(map(len, blocks))
        self.num_pairs += sum(map(len, blocks)) - len(blocks)
        if blocks:
            self._blocks.append(blocks)

    def _count(self):
        for blocks in self._blocks:
            lengths = sorted(len(line) for block in blocks for line in block)
            width = lengths[int(0.95 * (len(lengths) - 1))]
            for block in blocks:
                for line in block:
                    self.num_stops += _STOP_AT_END.search(line, max(0, len(line) - _TAIL)) is not None
                    self.num_commas += line.endswith(_COMMAS)
                    self._unsplit.append(line[:_BEGINNING])
                for line, following in itertools.pairwise(block):
                    word = 1 if _NO_SPACES.match(following) else 1 + len(following.split(maxsplit=1)[0])
                    self.num_with_room += len(line) + word <= width
                self.num_blocks += 1
                self.num_full_ends += len(block[-1]) >= 0.8 * width
        self._blocks = []

    def __add__(self, other: "LineEvidence") -> "LineEvidence":
        both = LineEvidence()
        for name, value in vars(self).items():
            setattr(both, name, value + getattr(other, name))
        return both

    @property
    def num_single(self) -> int:
        """How many lines hold one sentence."""
        for line in self._unsplit:
            # A wide semicolon ends a sentence for our splitter, for many others it does not.
            self._num_single += len(split_sentences(line.replace("；", "，"))) == 1
        self._unsplit = []
        return self._num_single

    @property
    def is_enough(self) -> bool:
        """Whether there are lines enough to tell."""
        return self.num_pairs >= _ENOUGH_PAIRS

    @property
    def tells_sentences(self) -> bool:
        """Whether the lines are sentences, for all that is known."""
        if not self.is_enough or self.num_alone > self.num_lines:
            return False
        self._count()
        has_stops = self.num_stops >= _SURE * self.num_lines
        has_room = self.num_with_room >= _WITH_ROOM * self.num_pairs
        # The last line of a wrapped paragraph is of any length; of lines that are alike the last is like the others.
        are_alike = self.num_blocks >= _ENOUGH_BLOCKS and self.num_full_ends >= 0.9 * self.num_blocks
        if not (has_stops or has_room or are_alike) or self.num_single < _SINGLE * self.num_lines:
            return False
        # Text without stops has no other sentences than its lines; verse and lists, with some, are left alone.
        num_without = min(self.num_lines - self.num_stops, self.num_single) - self.num_commas
        has_sense = self.num_stops >= _MOST * self.num_lines or num_without >= _NEARLY_ALL * self.num_lines
        return has_stops or has_sense

    def __str__(self):
        self._count()
        stops, room = self.num_stops / max(1, self.num_lines), self.num_with_room / max(1, self.num_pairs)
        single = self.num_single / max(1, self.num_lines)
        return f"{stops:.0%} of the lines end in a stop, {single:.0%} hold one sentence, {room:.0%} are not full"
