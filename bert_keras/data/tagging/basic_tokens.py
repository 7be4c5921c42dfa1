"""The words of a file as basic tokens, the positions at which taggers read raw text; and back to the file's words."""

import dataclasses
import logging
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from bert_keras.data.tagging.tagged_sentences import TaggedSentences, sentences_of_texts
from bert_keras.tagging_schemes import OUTSIDE, Span, check_words, is_tag, spans_to_tags, tags_to_spans

_logger = logging.getLogger(__name__)
Places = Sequence[tuple[int, int]]


@dataclasses.dataclass(frozen=True)
class BasicTokens:
    """Sentences as the basic tokens of their raw texts, and the token at which each word of the file begins.

    Attributes:
        sentences: The same sentences with tokens as their words, and with tags and spans of tokens.
        first_tokens: For each word of each sentence its first token, or the one that it begins in; -1 for a word of
            characters that nobody sees.
        hidden_words: (sentence, word) of the words that begin inside a token of another: `not` of `can|not`.
    """

    sentences: TaggedSentences
    first_tokens: tuple[tuple[int, ...], ...]
    hidden_words: tuple[tuple[int, int], ...]

    def spans_of_words(self, spans: Sequence[Sequence[Span]]) -> list[list[Span]]:
        """Turn spans of tokens into spans of the file's words.

        A span that begins or ends inside a word, `U` of `U.K.`, is none of words: so a span is right in the file where
        it is right in the raw text.

        Args:
            spans: (first token, the one behind the last, label) each, for each sentence.
        """
        numbers = map(len, self.sentences.words)
        return [_spans_of_words(*some) for some in zip(spans, self.first_tokens, numbers, strict=True)]

    def tags_of_words(self, tags: Sequence[Sequence[str]], scheme: str | None, default: str) -> list[list[str]]:
        """Turn tags of tokens into tags of the file's words.

        Args:
            tags: One for each token of each sentence.
            scheme: How they spell spans, and how to spell those of the words. None gives a word its first token's tag.
            default: The tag of a word of characters that nobody sees.
        """
        if scheme is None:
            pairs = zip(tags, self.first_tokens, strict=True)
            return [[some[first] if first >= 0 else default for first in firsts] for some, firsts in pairs]
        spans = self.spans_of_words([tags_to_spans(some) for some in tags])
        pairs = zip(spans, self.first_tokens, strict=True)
        return [spans_to_tags(some, len(firsts), scheme) for some, firsts in pairs]


def basic_tokens(sentences: TaggedSentences) -> BasicTokens:
    """Cut sentences as raw text is cut, whatever words their file has.

    Tokens are those of `split_words`, of each sentence's text. A token belongs to the word in which it begins. Spans
    become spans of tokens, and tags that spell spans are spelled anew; other tags go to all tokens of their word.

    Args:
        sentences: From `read_tagged_sentences`.

    Raises:
        ValueError: If a text has tokens outside of its words; or words of several tokens have tags such as `B-place`,
            and the sentences have no scheme to spell them by.

    Example:
        >>> from bert_keras.data import TaggedSentences
        >>> offsets, spans = (((0, 2), (3, 7)),), (((1, 2, "place"),),)
        >>> sentences = TaggedSentences(
        ...     (("in", "U.K."),), ("in U.K.",), offsets, (("O", "B-place"),), spans, scheme="BIO"
        ... )
        >>> tokens = basic_tokens(sentences)
        >>> tokens.sentences.words, tokens.sentences.tags
        ((('in', 'U', '.', 'K', '.'),), (('O', 'B-place', 'I-place', 'I-place', 'I-place'),))
        >>> tokens.spans_of_words([[(1, 5, "place")]])
        [[(1, 2, 'place')]]
    """
    tokens = sentences_of_texts(sentences.texts)
    owners, firsts, hidden = [], [], []
    for number, (words, places) in enumerate(zip(sentences.offsets, tokens.offsets, strict=True)):
        if len(words) != len(sentences.words[number]):
            raise ValueError(f"sentence {number} has {len(sentences.words[number])} words, and places of {len(words)}")
        owners.append(_owners(words, places, sentences.texts[number]))
        first_tokens, inside = _first_tokens(words, places, owners[-1])
        firsts.append(tuple(first_tokens))
        hidden += [(number, word) for word in inside]
    spans = sentences.spans
    if spans is None and sentences.scheme is not None and sentences.tags is not None:
        spans = [tags_to_spans(some, sentences.scheme) for some in sentences.tags]
    if spans is not None:
        spans = tuple(_spans_of_tokens(some, owned) for some, owned in zip(spans, owners, strict=True))
    tags = sentences.tags
    if tags is not None and sentences.scheme is not None:
        tags = tuple(
            tuple(spans_to_tags(some, len(owned), sentences.scheme)) for some, owned in zip(spans, owners, strict=True)
        )
    elif tags is not None:
        _expect_no_spans(sentences, owners)
        tags = tuple(tuple(some[word] for word in owned) for some, owned in zip(tags, owners, strict=True))
    cut = dataclasses.replace(sentences, words=tokens.words, offsets=tokens.offsets, tags=tags, spans=spans)
    return BasicTokens(cut, tuple(firsts), tuple(hidden))


def learned_tokens(sentences: TaggedSentences, words: str) -> BasicTokens | None:
    """Give the tokens that a model shall learn tags of; say in the log which of a file's words raw text hides.

    Args:
        sentences: From `read_tagged_sentences`.
        words: "basic" for basic tokens, "file" for the words as they are.

    Returns:
        What `basic_tokens` gives; None for the words as they are.
    """
    if check_words(words) == "file":
        return None
    tokens = basic_tokens(sentences)
    if tokens.hidden_words and (sentences.tags or sentences.spans):
        number, word = tokens.hidden_words[0]
        _logger.warning(
            "%d of %d words begin inside a token of raw text, the first: %r in %r; raw text does not show where they "
            "begin, so their tags are not learned. A tagger that will be given words cut as here learns them with "
            "words='file' (--words file)", len(tokens.hidden_words), sum(map(len, sentences.words)),
            sentences.words[number][word], sentences.texts[number][:80],
        )  # fmt: skip
    return tokens


def _owners(words: Places, tokens: Places, text: str) -> list[int]:
    """Return the word in which each token begins: the first of several that share characters."""
    owners, word = [], 0
    for start, end in tokens:
        while word < len(words) and words[word][1] <= start:
            word += 1
        if word == len(words) or words[word][0] > start:
            raise ValueError(f"{text[start:end]!r} lies outside of the words of {text[:80]!r}")
        owners.append(word)
    return owners


def _first_tokens(words: Places, tokens: Places, owners: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the token at which each word begins, and the words that begin inside one of another word."""
    first_tokens, hidden = [-1] * len(words), []
    for token in reversed(range(len(owners))):
        first_tokens[owners[token]] = token
    starts = [start for start, _ in tokens]
    for word, first in enumerate(first_tokens):
        if first < 0:
            token = bisect_right(starts, words[word][0]) - 1
            if token >= 0 and words[word][0] < tokens[token][1]:
                first_tokens[word] = token
                hidden.append(word)
    return first_tokens, hidden


def _spans_of_tokens(spans: Sequence[Span], owners: Sequence[int]) -> tuple[Span, ...]:
    """Spans of tokens out of spans of words; one all of whose words are hidden has none."""
    found = {(bisect_left(owners, first), bisect_left(owners, behind), label) for first, behind, label in spans}
    return tuple(sorted(span for span in found if span[0] < span[1]))


def _spans_of_words(spans: Sequence[Span], first_tokens: Sequence[int], num_tokens: int) -> list[Span]:
    edges, found = {*first_tokens, num_tokens}, set()
    seen = [word for word, token in enumerate(first_tokens) if token >= 0]
    tokens = [first_tokens[word] for word in seen]  # ascending, as words stand in the text
    for first, behind, label in spans:
        if first in edges and behind in edges:
            last = seen[bisect_left(tokens, behind) - 1]
            found.add((seen[bisect_left(tokens, first)], last + 1, label))
    return sorted(found)


def _expect_no_spans(sentences: TaggedSentences, owners: Sequence[Sequence[int]]):
    """Refuse B-place of a word of several tokens where nothing says how to spell it on from the second token."""
    if not all(is_tag(tag) for tags in sentences.tags for tag in tags):
        return
    for number, (tags, owned) in enumerate(zip(sentences.tags, owners, strict=True)):
        for word, following in zip(owned, owned[1:], strict=False):
            if word == following and tags[word] != OUTSIDE:
                raise ValueError(
                    f"{sentences.words[number][word]!r} is several tokens of raw text, and has the tag {tags[word]!r}: "
                    "read the sentences with the scheme of their tags, such as scheme='BIO' (--scheme BIO)"
                )
