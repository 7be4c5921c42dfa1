"""Documents cut into passages that overlap, at the ends of sentences where that is possible."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bert_keras.data.corpus.sentences import sentence_ends
from bert_keras.inference.search.index_texts import IndexText, as_index_texts
from bert_keras.inference.search.words import word_ends

_PARAGRAPH_END = re.compile(r"\n\s*\n|\Z")


def cut_passages(text: str, *, num_words: int = 100, overlap: int = 30) -> list[tuple[int, int]]:
    """Cut a text into passages of whole sentences.

    A passage takes sentences while they have at most `num_words` words together; the next one begins with the last of
    them that have at most `overlap`. A longer sentence is cut between words. White space around a passage is no part
    of it, and nothing else is lost.

    Args:
        text: any str; paragraphs are parted by an empty line, where a sentence ends too.
        num_words: most words of a passage, a Chinese character or another of a script without spaces counting as one.
        overlap: most words that two passages share.

    Returns:
        the first character of each passage and the one behind its last, in their order.

    Raises:
        ValueError: where `num_words` is below 1, or `overlap` is not below it.

    Example:
        >>> text = "Ada was born. She wrote. It ran."
        >>> [text[start:end] for start, end in cut_passages(text, num_words=5, overlap=2)]
        ['Ada was born. She wrote.', 'She wrote. It ran.']
    """
    if not 0 <= overlap < num_words:
        raise ValueError(f"Expected 0 <= overlap < num_words, received {overlap} and {num_words}.")
    sentences = list(_sentences(text, num_words))  # (first character, the one behind the last, words)
    passages, first = [], 0
    while first < len(sentences):
        end, count = first, 0
        while end < len(sentences) and (end == first or count + sentences[end][2] <= num_words):
            count += sentences[end][2]
            end += 1
        passages.append((sentences[first][0], sentences[end - 1][1]))
        if end == len(sentences):
            break
        following, count = end, 0
        while following - 1 > first and count + sentences[following - 1][2] <= overlap:
            following -= 1
            count += sentences[following][2]
        if count + sentences[end][2] > num_words:  # a passage that would end where this one does
            following = end
        first = following
    return passages


def passages_of(documents: Iterable[Any], *, num_words: int = 100, overlap: int = 30) -> Iterator[IndexText]:
    """Cut documents into passages to build an index of, each with its place in its document.

    Args:
        documents: what an index is built from.
        num_words: as for `cut_passages`.
        overlap: as for `cut_passages`.

    Yields:
        texts with the id `DOCUMENT#NUMBER` and further `document`, the id of the document, `start` and `end`, the
        characters in it.

    Example:
        >>> next(passages_of([("a", " Ada was born. ")]))
        IndexText(id='a#0', text='Ada was born.', further={'document': 'a', 'start': 1, 'end': 14}, place='text 1')
    """
    for document in as_index_texts(documents):
        for number, (start, end) in enumerate(cut_passages(document.text, num_words=num_words, overlap=overlap)):
            place = {"document": document.id, "start": start, "end": end}
            yield IndexText(
                f"{document.id}#{number}", document.text[start:end], document.further | place, document.place
            )


def _sentences(text: str, num_words: int) -> Iterator[tuple[int, int, int]]:
    paragraph = 0
    for match in _PARAGRAPH_END.finditer(text):
        begin = paragraph
        for end in sentence_ends(text[paragraph : match.start()]):
            yield from _pieces(text, begin, paragraph + end, num_words)
            begin = paragraph + end
        paragraph = match.end()


def _pieces(text: str, begin: int, end: int, num_words: int) -> Iterator[tuple[int, int, int]]:
    ends = [begin + one for one in word_ends(text[begin:end])]
    cuts = [*ends[num_words - 1 : -1 : num_words], end]
    for number, cut in enumerate(cuts):
        words = len(ends[number * num_words : (number + 1) * num_words])
        piece = text[begin:cut]
        if stripped := piece.strip():
            first = begin + len(piece) - len(piece.lstrip())
            yield first, first + len(stripped), words
        begin = cut
