"""What a file of columns is like as a whole: how its cells are parted, how many there are, which lines are comments."""

import collections
import dataclasses
import re
from collections.abc import Iterable

from bert_keras.tagging_schemes import is_tag

_HEADER = frozenset(
    "chunk chunk_tag deprel entity feats form head id label labels lemma ner ner_tag ner_tags pos pos_tag sentence "
    "sentence_id sent_id tag tags token tokens upos word words xpos".split()
)
_FEW_LINES = 3
_SEVERAL_LINES = 10
_SAMPLE_OF_TAGS = 100


@dataclasses.dataclass(frozen=True)
class ColumnLayout:
    """How the lines of a file of columns are read.

    Attributes:
        separator: "tab", "space" or "both": what parts the cells.
        num_columns: The cells of most lines.
        is_ragged: Whether the number of columns differs from sentence to sentence.
        tags: The tags of the lines that begin with another character than `#`.
        header: The names of the columns, in lower case, where the first line gives them; empty if it does not.
        fault: What speaks against the columns of words and of tags being that; None if nothing does.
    """

    separator: str
    num_columns: int
    is_ragged: bool
    tags: frozenset[str]
    header: tuple[str, ...]
    fault: str | None

    @classmethod
    def of(cls, lines: Iterable[str], word_column: int, tag_column: int) -> "ColumnLayout":
        """Look at all lines of a file that have something on them.

        Words that hold spaces are parted by tabs, so a file whose lines agree in their tabs is parted by those; one
        whose lines agree only where spaces and tabs are taken for one is parted by both.

        Args:
            lines: The lines, without `-DOCSTART-`.
            word_column: Column of the words, from the end if negative.
            tag_column: The same of the tags.
        """
        counts, num_with_tab, first = {name: collections.Counter() for name in ("tab", "space", "both")}, 0, ""
        values = {(name, column): set() for name in counts for column in (word_column, tag_column)}
        num_lines = 0
        lines = list(lines)
        for text in [text for text in lines if not text.startswith("#")] or lines:
            first, num_lines, num_with_tab = first or text, num_lines + 1, num_with_tab + ("\t" in text)
            for separator in counts:
                cells = cells_of(text, separator)
                counts[separator][len(cells)] += 1
                for column in {word_column, tag_column}:
                    if -len(cells) <= column < len(cells):
                        values[separator, column].add(cells[column])
        modes = {name: max(count.items(), key=lambda item: item[1], default=(0, 0)) for name, count in counts.items()}
        separator = _separator(modes, num_lines, num_with_tab)
        num_columns, num_alike = modes[separator]
        header = tuple(cell.strip().lower() for cell in cells_of(first, separator))
        words, tags = values[separator, word_column], values[separator, tag_column]
        return cls(
            separator,
            num_columns,
            tag_column >= 0 and num_alike < 0.9 * num_lines,
            frozenset(tags),
            header if len(header) == num_columns > 1 and _HEADER.issuperset(header) else (),
            _fault_of_columns(words, tags, num_lines),
        )

    def cells(self, text: str) -> list[str]:
        """Return the cells of a line."""
        return cells_of(text, self.separator)

    def is_comment(self, text: str, tag_column: int, is_in_sentence: bool) -> bool:
        """Whether a line that begins with `#` is no word.

        `# O` and `#nice O` are words: they have a tag in the tags' column. Lines of another number of columns are
        comments where comments stand, before a sentence, or where what stands last in them is no tag.

        Args:
            text: The line.
            tag_column: Column of the tags.
            is_in_sentence: Whether a word of the sentence came before.
        """
        cells = self.cells(text)
        has_tag = -len(cells) <= tag_column < len(cells) and self._is_tag(cells[tag_column])
        if len(cells) == self.num_columns:
            return not is_in_sentence and not has_tag and any(c.islower() for c in cells[tag_column])
        return not is_in_sentence or (text[1:2] in (" ", "\t") and not has_tag)

    def _is_tag(self, cell: str) -> bool:
        return cell in self.tags or is_tag(cell)


def cells_of(text: str, separator: str) -> list[str]:
    r"""Part a line.

    Args:
        text: The line.
        separator: "tab"; "space", also several; or "both", spaces or tabs, also several.

    Example:
        >>> cells_of("New York\tB-place", "tab"), cells_of("New York\tB-place", "both")
        (['New York', 'B-place'], ['New', 'York', 'B-place'])
    """
    if separator == "tab":
        return text.split("\t")
    if separator == "space":
        return re.split(" +", text.strip(" "))
    return re.split("[ \t]+", text.strip(" \t"))


def _separator(modes: dict[str, tuple[int, int]], num_lines: int, num_with_tab: int) -> str:
    if not num_with_tab:
        return "space"
    (tab_columns, tab_alike), (both_columns, both_alike) = modes["tab"], modes["both"]
    if tab_alike == num_lines:
        # Words of a language with spaces do not all have as many of them.
        is_mixed = both_alike == num_lines >= _SEVERAL_LINES and both_columns > tab_columns > 0
        return "both" if is_mixed else "tab"
    if both_alike == tab_alike:
        return "tab" if 2 * num_with_tab > num_lines else "both"
    return "both" if both_alike > tab_alike else "tab"


def _fault_of_columns(words: set[str], tags: set[str], num_lines: int) -> str | None:
    if num_lines >= _SAMPLE_OF_TAGS and len(tags) > num_lines / 2:
        return (
            f"the column of the tags has {len(tags)} different values in {num_lines} lines: that is none; which is it "
            "(tag_column=, --tag-column)?"
        )
    if not words:
        return None
    if any(all(sign in cell[1:-1] for cell in words | tags) for sign in "/|"):
        return "all words and tags hold a slash: word/tag, several on a line, is not read; one line is one word"
    if num_lines < _FEW_LINES:
        return None
    if all(map(str.isdigit, words)):
        what = "numbers"
    elif all(map(is_tag, words)):
        what = "tags"
    else:
        return None
    return f"the column of the words holds nothing but {what}; which is it (word_column=, --word-column)?"
