"""Sentences out of JSONL: a text and its spans by characters, one row a line."""

import json
from collections.abc import Iterator

from bert_keras.data.tagging.sentence_in_file import SentenceInFile, lines_with_places
from bert_keras.data.tagging.tagged_sentences import split_words
from bert_keras.json_text import parse_json


def span_sentences(path: str) -> Iterator[SentenceInFile]:
    """Reads `{"text": ..., "spans": [...]}`; words are those of `split_words`, and spans begin and end with them."""
    for place, text, problem in lines_with_places(path):
        if place.endswith(": end"):
            return
        sentence = SentenceInFile(place)
        try:
            if problem:
                raise ValueError(problem)
            _parse_row(sentence, parse_json(text))
        except (ValueError, TypeError, KeyError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            sentence.add_fault(place, f"not JSON: {reason}" if isinstance(error, json.JSONDecodeError) else reason)
        yield sentence


def _parse_row(sentence: SentenceInFile, row):
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise ValueError(f'expected {{"text": ..., "spans": [...]}}, received {str(row)[:80]}')
    sentence.text, sentence.offsets = row["text"], split_words(row["text"])
    sentence.words = [sentence.text[start:end] for start, end in sentence.offsets]
    sentence.places = [sentence.place] * len(sentence.words)
    if not sentence.words:
        raise ValueError("sentence without words")
    sentence.spans = []
    first_word = {start: i for i, (start, _) in enumerate(sentence.offsets)}
    end_word = {end: i + 1 for i, (_, end) in enumerate(sentence.offsets)}
    spans = row["spans"] if "spans" in row else row["entities"]
    for span in spans:
        start, end, label = (span["start"], span["end"], span["label"]) if isinstance(span, dict) else span
        if not isinstance(label, str) or not label:
            raise ValueError(f"expected a label as a string, received {label!r}")
        if start not in first_word or end not in end_word or start >= end:
            quoted = sentence.text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
            raise ValueError(f"span {start} to {end}, {quoted!r}, does not begin and end with words")
        sentence.spans.append((first_word[start], end_word[end], label))
    sentence.spans = sorted(set(sentence.spans))
