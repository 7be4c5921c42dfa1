"""Sentences that are lists of words in JSON: with a tag for each, with spans by words, or as spaCy's documents."""

from collections.abc import Iterator

from bert_keras.data.tagging.conll_files import join_words
from bert_keras.data.tagging.sentence_in_file import SentenceInFile
from bert_keras.data.tagging.span_files import SPANS
from bert_keras.tagging_schemes import Span, tags_to_spans

_WORDS = ("tokens", "words", "token", "text", "sentence")
_TAGS = ("ner_tags", "tags", "labels", "label", "ner", "pos_tags", "upos")


def words_key(row: dict) -> str | None:
    """Return the key of a row whose value is a list of words."""
    return next((name for name in _WORDS if isinstance(row.get(name), list)), None)


def tags_key(row: dict) -> str | None:
    """Return the key of a row whose value is a list of tags, or of numbers in their place."""
    return next(
        (
            name
            for name in _TAGS
            if isinstance(row.get(name), list) and all(isinstance(tag, (str, int)) for tag in row[name])
        ),
        None,
    )


def add_words(sentence: SentenceInFile, row: dict, words: str | None, tags: str | None) -> None:
    """Give a sentence the words of a row, and its tags or its spans by words.

    Args:
        sentence: Gets them.
        row: The row.
        words: The key of the words; None for the first that is known.
        tags: The same of the tags.

    Raises:
        ValueError: If something is missing, or there are not as many tags as words.
    """
    words = words or words_key(row)
    if words is None or not isinstance(row.get(words), list):
        raise ValueError(f"no list of words; the row has {', '.join(map(repr, row))}")
    _set_words(sentence, row[words])
    tags = tags or tags_key({name: value for name, value in row.items() if name != words})
    if tags is None:
        sentence.spans = _spans_by_words(row, len(sentence.words))
        return
    if not isinstance(row.get(tags), list):
        raise ValueError(f"no list of tags {tags!r}; the row has {', '.join(map(repr, row))}")
    if len(row[tags]) != len(sentence.words):
        raise ValueError(f"{len(sentence.words)} words and {len(row[tags])} tags")
    if any(not isinstance(tag, str) for tag in row[tags]):
        names = f"dataset.features[{tags!r}].feature.names"
        raise ValueError(
            f"tags are numbers without their names; with the datasets library, write [names[i] for i in tags], where "
            f"names = {names}: {str(row[tags])[:80]}"
        )
    if not all(tag.strip() for tag in row[tags]):
        raise ValueError(f"a tag is empty: {str(row[tags])[:80]}")
    sentence.tags = [tag.strip() for tag in row[tags]]


def spacy_sentences(place: str, row: dict) -> Iterator[SentenceInFile]:
    """Read a document of spaCy's JSON, version 2: `paragraphs[].sentences[].tokens[].{orth, ner}`, tags in BILUO."""
    for number, paragraph in enumerate(row["paragraphs"]):
        for other, parsed in enumerate(paragraph["sentences"]):
            sentence = SentenceInFile(f"{place}.paragraphs[{number}].sentences[{other}]")
            try:
                _set_words(sentence, [token["orth"] for token in parsed["tokens"]])
                sentence.spans = tags_to_spans([token["ner"] for token in parsed["tokens"]], "BILOU")
            except (ValueError, TypeError, KeyError) as error:
                reason = f"no {error}" if isinstance(error, KeyError) else str(error)
                sentence.add_fault(sentence.place, reason)
            yield sentence


def _set_words(sentence: SentenceInFile, words: list):
    if not words:
        raise ValueError("sentence without words")
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError(f"expected words as strings, received {str(words)[:80]}")
    sentence.words = [word.strip() for word in words]
    sentence.places = [sentence.place] * len(words)
    join_words(sentence)


def _spans_by_words(row: dict, num_words: int) -> list[Span]:
    """`{"tokens": [...], "entities": [{"start": 0, "end": 2, "type": ...}]}` of SpERT, counted in words."""
    given = next((row[name] for name in SPANS if isinstance(row.get(name), list)), None)
    if given is None:
        raise ValueError(f"neither tags nor spans of the words; the row has {', '.join(map(repr, row))}")
    spans = set()
    for span in given:
        start, end = span["start"], span["end"]
        label = span["type"] if "type" in span else span["label"]
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= num_words:
            raise ValueError(f"span {start} to {end} of {num_words} words")
        if not isinstance(label, str) or not label:
            raise ValueError(f"expected a label as a string, received {label!r}")
        spans.add((start, end, label))
    return sorted(spans)
