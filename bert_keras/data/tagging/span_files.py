"""Texts with spans by characters, in the forms that annotation tools give them."""

from collections.abc import Iterable

from bert_keras.data.tagging.sentence_in_file import SentenceInFile
from bert_keras.data.tagging.tagged_sentences import split_words

CharacterSpan = tuple[int, int, str]  # first character, the one behind the last, label
SPANS = ("spans", "entities", "ents", "label", "labels")
_STARTS = ("start", "start_offset", "start_char", "begin")
_ENDS = ("end", "end_offset", "end_char")
_LABELS = ("label", "type", "tag", "entity_group", "labels")


def add_spans(sentence: SentenceInFile, text: str, spans: Iterable[CharacterSpan]) -> None:
    """Give a sentence its text, words and spans; words are those of `split_words`, spans begin and end with them.

    Spaces at the ends of a span do not belong to it.

    Raises:
        ValueError: If there is no word, or a span does not begin and end with words.
    """
    sentence.text, sentence.offsets = text, split_words(text)
    sentence.words = [text[start:end] for start, end in sentence.offsets]
    sentence.places = [sentence.place] * len(sentence.words)
    if not sentence.words:
        raise ValueError("sentence without words")
    first_word = {start: i for i, (start, _) in enumerate(sentence.offsets)}
    end_word = {end: i + 1 for i, (_, end) in enumerate(sentence.offsets)}
    found = set()
    for start, end, label in spans:
        if not isinstance(label, str) or not label:
            raise ValueError(f"expected a label as a string, received {label!r}")
        if type(start) is not int or type(end) is not int or start < 0 or end < 0:
            raise ValueError(f"span {start!r} to {end!r}: expected whole numbers of characters, from 0")
        if end > len(text):
            raise ValueError(f"span {start} to {end} ends behind the text of {len(text)} characters")
        quoted = text[start:end]
        if quoted.strip() and quoted != quoted.strip():
            shown = f"{sentence.place}: {quoted[:60]!r}"
            sentence.doubts.append(("a span with spaces at its ends, which were taken off", shown))
            start, end = start + len(quoted) - len(quoted.lstrip()), end - len(quoted) + len(quoted.rstrip())
        if not quoted or start not in first_word or end not in end_word:
            raise ValueError(f"span {start} to {end}, {quoted!r}, does not begin and end with words")
        found.add((first_word[start], end_word[end], label))
    sentence.spans = sorted(found)


def spans_of_row(row: dict) -> list[CharacterSpan]:
    """Return the spans of `{"text": ..., "spans": [...]}`, as prodigy, doccano, spaCy and CLUENER write them.

    Raises:
        ValueError: If there is no list of spans or more than one, a span lacks something, or is not the piece of the
            text that it says.
    """
    given = {name: row[name] for name in SPANS if isinstance(row.get(name), (list, dict))}
    filled = [name for name, value in given.items() if value]
    if not given:
        keys = ", ".join(map(repr, row))
        raise ValueError(f'expected {{"text": ..., "spans": [...]}}, or "entities", "label", received {keys}')
    if len(filled) > 1:
        raise ValueError(f"expected spans in one place, received {' and '.join(map(repr, filled))}")
    if row.get("answer", "accept") != "accept":
        raise ValueError(f"the annotator's answer is {row['answer']!r}, not 'accept'")
    value = next((given[name] for name in filled), [])
    if isinstance(value, dict):
        return _inclusive_spans(row["text"], value)
    return [_span(span, row["text"]) for span in value]


def _span(span, text: str) -> CharacterSpan:
    if isinstance(span, str):
        raise ValueError(f"expected a span, [start, end, label], received {span[:80]!r}")
    if not isinstance(span, dict):
        start, end, label = span
        return start, end, label
    start, end, label = (_first(span, names) for names in (_STARTS, _ENDS, _LABELS))
    if isinstance(label, list) and len(label) == 1:  # of Label Studio
        label = label[0]
    said = span.get("text")
    if isinstance(said, str) and isinstance(start, int) and isinstance(end, int):
        if (quoted := text[max(0, start) : max(0, end)]).split() != said.split():
            raise ValueError(f"span {start} to {end} is {quoted!r} in the text, and {said[:80]!r} in the span itself")
    return start, end, label


def _first(span: dict, names: Iterable[str]):
    for name in names:
        if name in span:
            return span[name]
    raise ValueError(f"no {' or '.join(map(repr, names))} in {str(span)[:80]}")


def _inclusive_spans(text: str, by_label: dict) -> list[CharacterSpan]:
    """CLUENER's `{label: {name: [[first character, last character]]}}`."""
    spans = []
    for label, names in by_label.items():
        for name, places in names.items() if isinstance(names, dict) else [("", None)]:
            if not isinstance(places, list):
                raise ValueError(f"expected {{label: {{name: [[start, last]]}}}}, received {str(by_label)[:80]}")
            for start, last in places:
                if text[start : last + 1] != name:
                    raise ValueError(f"{name!r} does not stand at {start} to {last}, {text[start : last + 1]!r} does")
                spans.append((start, last + 1, label))
    return spans
