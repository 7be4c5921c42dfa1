"""Tagged sentences out of files of columns: CoNLL's, one word a line, CoNLL-U's ten columns and CoNLL-U Plus' own."""

import logging
import operator
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bert_keras.data.tagging.column_layout import ColumnLayout
from bert_keras.data.tagging.penn_escapes import raw_word
from bert_keras.data.tagging.sentence_in_file import SentenceInFile, lines_with_places
from bert_keras.data.tagging.tagged_sentences import is_chinese
from bert_keras.tagging_schemes import is_tag

_logger = logging.getLogger(__name__)
CONLLU_COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
_LONG_SENTENCE = 500
_GLOBAL_COLUMNS = re.compile(r"#\s*global\.columns\s*=\s*(\S.*)")


def conll_sentences(
    path: str, word_column: int, tag_column: int, encoding: str | None = None
) -> Iterator[SentenceInFile]:
    """Read columns parted by tabs or spaces; an empty line or one of -DOCSTART- ends a sentence."""
    lines = (text for _, text, problem in lines_with_places(path, encoding) if not problem and not _ends_sentence(text))
    layout = ColumnLayout.of(lines, word_column, tag_column)
    if layout.num_columns > 1 and word_column % layout.num_columns == tag_column % layout.num_columns:
        raise ValueError(
            f"{path}: words and tags are both in column {word_column} of {layout.num_columns}: give the column of the "
            "other, too (word_column= and tag_column=, --word-column and --tag-column)"
        )
    if any(name.startswith("sent") for name in layout.header):
        raise ValueError(
            f"{path}: a column tells the sentences, {', '.join(layout.header)}: write an empty line behind each "
            "sentence instead"
        )
    if layout.fault:
        raise ValueError(f"{path}: {layout.fault}")
    sentence, width, comments, is_first, num_ends = None, 0, [], True, 0
    for place, text, problem in lines_with_places(path, encoding):
        if not problem and _ends_sentence(text):
            if sentence:
                join_words(sentence)
                num_ends += 1
                if place.endswith(": end") and num_ends == 1 and len(sentence.words) > _LONG_SENTENCE:
                    num_words = len(sentence.words)
                    _logger.warning("%s is one sentence of %d words: no empty line parts any", path, num_words)
                yield sentence
            sentence, width = None, 0
            continue
        if not problem and text.startswith("#") and layout.is_comment(text, tag_column, bool(width)):
            comments.append(f"{place}: {text[:80]!r}")
            continue
        if not problem and is_first and layout.header:
            _logger.warning("%s: passed over the names of the columns: %r", place, text[:80])
            is_first = False
            continue
        is_first = False
        sentence = sentence or SentenceInFile(place)
        if problem:
            sentence.add_fault(place, problem)
            continue
        cells = layout.cells(text)
        width = width or (len(cells) if layout.is_ragged else layout.num_columns)
        if len(cells) != width and len(cells) > 1:
            others = "the first line of its sentence has" if layout.is_ragged else "most lines of the file have"
            sentence.add_fault(place, f"{len(cells)} columns where {others} {width}: {text[:80]!r}")
        else:
            _add_word(sentence, place, cells, word_column, tag_column)
    if comments:
        _logger.info("passed over %d comments, the first: %s", len(comments), comments[0])


def _ends_sentence(text: str) -> bool:
    return not text.strip() or text.startswith("-DOCSTART-")


def _add_word(sentence: SentenceInFile, place: str, cells: list[str], word_column: int, tag_column: int) -> bool:
    """Add a line's word and tag, or say which of the two it lacks."""
    for name, column in (("word", word_column), ("tag", tag_column)):
        if not -len(cells) <= column < len(cells) or not cells[column].strip():
            sentence.add_fault(place, f"no {name} in column {column} of {len(cells)}: {chr(9).join(cells)[:80]!r}")
            return False
    if len(cells) < 2:
        sentence.add_fault(place, f"expected a word and a tag, received one column: {cells[0][:80]!r}")
        return False
    word, tag = cells[word_column].strip(), cells[tag_column].strip()
    if (pieces := tag.split())[1:] and (not is_tag(tag) or all(map(is_tag, pieces))):
        hint = "one line is one word" if all(map(is_tag, pieces)) else "are its columns parted by spaces and tabs?"
        sentence.add_fault(place, f"expected a tag, received {tag[:80]!r}: {hint}")
        return False
    sentence.words.append(word)
    sentence.tags.append(tag)
    sentence.places.append(place)
    return True


def join_words(sentence: SentenceInFile) -> None:
    """Make the text of a sentence: its words with spaces between, or a Chinese file's characters side by side.

    Words that are spelled as in the Penn Treebank, `-LRB-`, are in the text what they stand for.
    In a file of characters the lines `2`, `0`, `0`, `8`, `年` are `2008年` in raw text, where tags will be read.
    """
    words = [raw_word(word) for word in sentence.words]
    sentence.num_escaped = sum(map(operator.ne, words, sentence.words))
    is_by_characters = all(len(word) == 1 for word in words) and any(map(is_chinese, words))
    space = "" if is_by_characters else " "
    begin = 0
    for word in words:
        sentence.offsets.append((begin, begin + len(word)))
        begin += len(word) + len(space)
    sentence.text = space.join(words)


def global_columns(line: str) -> list[str] | None:
    """Return the names of the columns that the first line of CoNLL-U Plus gives; None where the line is none.

    Example:
        >>> global_columns("# global.columns = ID FORM UPOS MY:NER")
        ['ID', 'FORM', 'UPOS', 'MY:NER']
    """
    match = _GLOBAL_COLUMNS.match(line)
    return match[1].split() if match else None


def conllu_sentences(
    path: str,
    word_column: int,
    tag_column: int,
    columns: Sequence[str] = CONLLU_COLUMNS,
    encoding: str | None = None,
) -> Iterator[SentenceInFile]:
    """Read CoNLL-U; the raw text is what `SpaceAfter=No` makes of the surface forms."""
    sentence, rows = None, []
    for place, text, problem in lines_with_places(path, encoding):
        if not text.strip() and not problem:
            if sentence:
                if sentence.fault is None:
                    _join_surface_forms(sentence, rows)
                if not sentence.words:
                    sentence.add_fault(sentence.place, "sentence without words")
                yield sentence
            sentence, rows = None, []
            continue
        if not problem and sentence is None and global_columns(text):
            continue
        sentence = sentence or SentenceInFile(place)
        if problem:
            sentence.add_fault(place, problem)
        elif not text.startswith("#"):
            cells = text.split("\t")
            if len(cells) != len(columns):
                sentence.add_fault(place, f"expected {len(columns)} columns, received {len(cells)}: {text[:80]!r}")
                continue
            row = _SurfaceForm.of(dict(zip(columns, cells)))
            if not (number := re.fullmatch(r"\d+(?:([-.])\d+)?", row.number)):
                sentence.add_fault(place, f"expected the number of a word, received {row.number[:20]!r}")
            elif number[1] == ".":  # a node that is not in the text
                continue
            elif number[1] == "-":
                rows.append(row)
            elif cells[tag_column] == "_":
                sentence.add_fault(place, f"no tag in column {tag_column}: {text[:80]!r}")
            elif _add_word(sentence, place, cells, word_column, tag_column):
                rows.append(row)


class _SurfaceForm(NamedTuple):
    """A line of CoNLL-U: a word of the text, or a range of words such as 1-2."""

    number: str
    form: str
    space: str  # behind it

    @classmethod
    def of(cls, cells: dict[str, str]) -> "_SurfaceForm":
        space = "" if "SpaceAfter=No" in cells.get("MISC", "").split("|") else " "
        return cls(cells.get("ID", "0"), cells["FORM"], space)


def _join_surface_forms(sentence: SentenceInFile, rows: list[_SurfaceForm]):
    """Make the text out of the surface forms; the words of a range share its characters unless they spell it."""
    text, ranges_end, share = "", -1, None
    for row in rows:
        form = row.form
        if "-" in row.number:
            first, ranges_end = map(int, row.number.split("-"))
            members = [r.form for r in rows if r.number.isdigit() and first <= int(r.number) <= ranges_end]
            begin = len(text)
            share = None if "".join(members) == form else (begin, begin + len(form))
            text, within = text + form + row.space, begin
        elif int(row.number) <= ranges_end:
            sentence.offsets.append(share or (within, within + len(form)))
            within += len(form)
        else:
            sentence.offsets.append((len(text), len(text) + len(form)))
            text += form + row.space
    sentence.text = text.rstrip(" ")
