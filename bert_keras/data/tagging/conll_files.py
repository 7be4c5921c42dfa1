"""Tagged sentences out of files of columns: CoNLL's, one word a line, and CoNLL-U's ten columns."""

import re
from collections.abc import Iterator

from bert_keras.data.tagging.sentence_in_file import SentenceInFile, lines_with_places


def conll_sentences(path: str, word_column: int, tag_column: int) -> Iterator[SentenceInFile]:
    """Reads columns parted by tabs or spaces; an empty line or one of -DOCSTART- ends a sentence."""
    sentence = None
    for place, text, problem in lines_with_places(path):
        if not problem and (not text.strip() or text.startswith("-DOCSTART-")):
            if sentence:
                _join_words(sentence)
                yield sentence
            sentence = None
            continue
        sentence = sentence or SentenceInFile(place)
        if problem:
            sentence.add_fault(place, problem)
        else:
            cells = text.split("\t") if "\t" in text else re.split(" +", text.strip(" "))
            _add_word(sentence, place, cells, word_column, tag_column)


def _add_word(sentence: SentenceInFile, place: str, cells: list[str], word_column: int, tag_column: int) -> bool:
    """Adds a line's word and tag, or says which of the two it lacks."""
    for name, column in (("word", word_column), ("tag", tag_column)):
        if not -len(cells) <= column < len(cells) or not cells[column].strip():
            sentence.add_fault(place, f"no {name} in column {column} of {len(cells)}: {chr(9).join(cells)[:80]!r}")
            return False
    if len(cells) < 2:
        sentence.add_fault(place, f"expected a word and a tag, received one column: {cells[0][:80]!r}")
        return False
    sentence.words.append(cells[word_column].strip())
    sentence.tags.append(cells[tag_column].strip())
    sentence.places.append(place)
    return True


def _join_words(sentence: SentenceInFile):
    """Makes the text of a sentence: its words with spaces between."""
    begin = 0
    for word in sentence.words:
        sentence.offsets.append((begin, begin + len(word)))
        begin += len(word) + 1
    sentence.text = " ".join(sentence.words)


def conllu_sentences(path: str, word_column: int, tag_column: int) -> Iterator[SentenceInFile]:
    """Reads CoNLL-U; the raw text is what `SpaceAfter=No` makes of the surface forms."""
    sentence, rows = None, []
    for place, text, problem in lines_with_places(path):
        if not text.strip() and not problem:
            if sentence:
                if sentence.fault is None:
                    _join_surface_forms(sentence, rows)
                if not sentence.words:
                    sentence.add_fault(sentence.place, "sentence without words")
                yield sentence
            sentence, rows = None, []
            continue
        sentence = sentence or SentenceInFile(place)
        if problem:
            sentence.add_fault(place, problem)
        elif not text.startswith("#"):
            cells = text.split("\t")
            if len(cells) != 10:
                sentence.add_fault(place, f"expected 10 columns, received {len(cells)}: {text[:80]!r}")
            elif not (number := re.fullmatch(r"\d+(?:([-.])\d+)?", cells[0])):
                sentence.add_fault(place, f"expected the number of a word, received {cells[0][:20]!r}")
            elif number[1] == ".":  # a node that is not in the text
                continue
            elif number[1] == "-":
                rows.append(cells)
            elif cells[tag_column] == "_":
                sentence.add_fault(place, f"no tag in column {tag_column}: {text[:80]!r}")
            elif _add_word(sentence, place, cells, word_column, tag_column):
                rows.append(cells)


def _join_surface_forms(sentence: SentenceInFile, rows: list[list[str]]):
    """Makes the text out of the surface forms; the words of a range share its characters unless they spell it."""
    text, ranges_end, share = "", 0, None
    for cells in rows:
        form, space = cells[1], "" if "SpaceAfter=No" in cells[9].split("|") else " "
        if "-" in cells[0]:
            first, ranges_end = map(int, cells[0].split("-"))
            members = [row[1] for row in rows if row[0].isdigit() and first <= int(row[0]) <= ranges_end]
            begin = len(text)
            share = None if "".join(members) == form else (begin, begin + len(form))
            text, within = text + form + space, begin
        elif int(cells[0]) <= ranges_end:
            sentence.offsets.append(share or (within, within + len(form)))
            within += len(form)
        else:
            sentence.offsets.append((len(text), len(text) + len(form)))
            text += form + space
    sentence.text = text.rstrip(" ")
