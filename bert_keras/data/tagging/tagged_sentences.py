"""Sentences as words with their tags and spans, and with the place of each word in the raw text."""

import dataclasses
import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence

from bert_keras.tagging_schemes import Span, tag_names

# What google-research/bert takes for Chinese: each character is a word.
_CHINESE = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b820-\U0002ceaf\U0002f800-\U0002fa1f"
)
_WORDS = re.compile(rf"[{_CHINESE}]|[^\s{_CHINESE}]+")


@dataclasses.dataclass(frozen=True)
class TaggedSentences:
    """Sentences, their words' tags, and the spans that the tags spell.

    Attributes:
        words: The words of each sentence.
        texts: The raw text of each sentence.
        offsets: (start, end) of each word in its text, in characters: `text[start:end]`.
        tags: The tag of each word; None without tags, or where spans are nested.
        spans: (first word, the one behind the last, label) of each sentence; None for tags that spell no spans.
        tag_names: All tags that may occur, for a model to number its outputs by; None without tags.
        labels: All labels that spans may have; None without spans.
        scheme: How the tags spell spans, one of `bert_keras.tagging_schemes.SCHEMES`; None if they do not.
        num_skipped: Sentences left out under `errors="skip"`.
        places: file:line of each sentence, where it comes from a file.
    """

    words: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]
    offsets: tuple[tuple[tuple[int, int], ...], ...]
    tags: tuple[tuple[str, ...], ...] | None = None
    spans: tuple[tuple[Span, ...], ...] | None = None
    tag_names: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    scheme: str | None = None
    num_skipped: int = 0
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __len__(self):
        return len(self.words)

    def split(self, values: Sequence) -> list:
        """Cut values of all words, end to end, into those of each sentence.

        Args:
            values: One for each word of all sentences.

        Raises:
            ValueError: If there are not as many values as words.
        """
        ends = list(itertools.accumulate(map(len, self.words), initial=0))
        if len(values) != ends[-1]:
            raise ValueError(f"expected {ends[-1]} values, one for each word, received {len(values)}")
        return [values[start:end] for start, end in itertools.pairwise(ends)]

    def character_spans(self) -> list[list[Span]]:
        """Return the spans of each sentence by characters of its text, (start, end, label), as predictors give them.

        Raises:
            ValueError: If the sentences have no spans.
        """
        if self.spans is None:
            raise ValueError("the sentences have no spans")
        return [
            [(places[first][0], places[behind - 1][1], label) for first, behind, label in spans]
            for places, spans in zip(self.offsets, self.spans, strict=True)
        ]


def sentences_of_texts(texts: Iterable[str]) -> TaggedSentences:
    """Make sentences without tags out of raw texts.

    Args:
        texts: One sentence or more in each; their words are those of `split_words`.

    Example:
        >>> sentences_of_texts(["It's Lyon."]).words
        (('It', "'", 's', 'Lyon', '.'),)
    """
    texts = tuple(texts)
    offsets = tuple(tuple(split_words(text)) for text in texts)
    words = tuple(tuple(text[start:end] for start, end in places) for text, places in zip(texts, offsets, strict=True))
    return TaggedSentences(words, texts, offsets)


def split_words(text: str) -> list[tuple[int, int]]:
    """Find the words of a text by BERT's rules: parted by spaces; each punctuation mark and Chinese character is one.

    Returns:
        (start, end) of each word, in characters.

    Example:
        >>> split_words("naïve: 北京")
        [(0, 5), (5, 6), (7, 8), (8, 9)]
    """
    places = []
    for match in _WORDS.finditer(text):
        start, end = match.span()
        if match[0].isalnum():
            places.append((start, end))
            continue
        if all(unicodedata.category(character) in ("Cc", "Cf") for character in match[0]):
            continue  # a byte order mark, say: BERT's rules make no token of it
        begin = start
        for i in range(start, end):
            if _is_punctuation(text[i]):
                places += [(begin, i)] * (i > begin) + [(i, i + 1)]
                begin = i + 1
        places += [(begin, end)] * (end > begin)
    return places


def is_chinese(character: str) -> bool:
    """Whether BERT's rules make a word of the character because it is Chinese."""
    return re.fullmatch(f"[{_CHINESE}]", character) is not None


def _is_punctuation(character: str) -> bool:
    # Google's rule takes all of ASCII that is neither letter, digit nor space, also what Unicode calls a symbol.
    if character.isascii():
        return not character.isalnum() and character.isprintable() and character != " "
    return unicodedata.category(character).startswith("P")


def names_of_tags(labels: Sequence[str], scheme: str | None) -> tuple[str, ...]:
    """Return the tags for some labels: of a scheme, or the labels themselves."""
    return tuple(labels) if scheme is None else tag_names(labels, scheme)
