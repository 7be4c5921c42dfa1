"""Sentences out of JSON, in whatever form a row has: the forms that are known are a table."""

from collections.abc import Callable, Iterator

from bert_keras.data.files.json_rows import read_json_rows
from bert_keras.data.tagging.sentence_in_file import SentenceInFile
from bert_keras.data.tagging.span_files import SPANS, add_spans, spans_of_row
from bert_keras.data.tagging.token_rows import add_words, spacy_sentences, tags_key, words_key

_OWN_KEYS = ("text", "tokens", "words", "sentence", "paragraphs")


def json_sentences(
    path: str, words: str | None, tags: str | None, encoding: str | None = None
) -> Iterator[SentenceInFile]:
    """Read texts with spans, and words with tags.

    Args:
        path: JSON or JSON Lines.
        words: The key of the words, where rows are lists of words; None for the first that is known.
        tags: The same of the tags.
        encoding: As for `read_lines`.
    """
    has_spans = None
    for place, row, problem, *_ in read_json_rows(path, own_keys=_OWN_KEYS, encoding=encoding):
        if row is None and problem is None:  # `annotations: [null, ...]` of an annotator who left a text out
            problem = "null in place of a row"
        for sentence in _faulty(place, problem) if problem else _sentences(place, row, words, tags):
            if sentence.fault is None:
                has_spans = sentence.spans is not None if has_spans is None else has_spans
                if has_spans != (sentence.spans is not None):
                    sentence.add_fault(sentence.place, f"{'tags' if has_spans else 'spans'}, unlike the rows before")
            yield sentence


def _faulty(place: str, problem: str) -> Iterator[SentenceInFile]:
    sentence = SentenceInFile(place)
    sentence.add_fault(place, problem)
    yield sentence


def _sentences(place: str, row, words: str | None, tags: str | None) -> Iterator[SentenceInFile]:
    try:
        if isinstance(row, dict) and isinstance(row.get("paragraphs"), list):
            yield from spacy_sentences(place, row)
            return
        if (rows := _rows_of_columns(row, words)) is not None:
            for number, fields in enumerate(rows):
                yield from _sentences(f"{place}: [{number}]", fields, words, tags)
            return
        sentence = SentenceInFile(place)
        if words or tags:
            add_words(sentence, row, words, tags)
        else:
            next(read for is_it, read in _FORMS if is_it(row))(sentence, row)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        sentence = SentenceInFile(place)
        sentence.add_fault(place, reason)
    yield sentence


def _rows_of_columns(row, words: str | None) -> list[dict] | None:
    """Return the rows of a table, `{"tokens": [[...], [...]], "ner_tags": [[...], [...]]}`; None for a row."""
    key = (words or words_key(row)) if isinstance(row, dict) else None
    column = row.get(key) if key else None
    if not isinstance(column, list) or not column or not all(isinstance(cell, list) for cell in column):
        return None
    columns = {name: cells for name, cells in row.items() if isinstance(cells, list) and len(cells) == len(column)}
    if other := [name for name, cells in row.items() if isinstance(cells, list) and name not in columns]:
        raise ValueError(f"{len(column)} sentences in {key!r}, and {len(row[other[0]])} in {other[0]!r}")
    return [dict(zip(columns, cells)) for cells in zip(*columns.values())]


def _is_pair(row) -> bool:
    return isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict)


def _read_pair(sentence: SentenceInFile, row: list):
    """SpaCy's training pairs of version 2: `["Ada smiled", {"entities": [[0, 3, "person"]]}]`."""
    add_spans(sentence, row[0], spans_of_row({"text": row[0]} | {"entities": row[1]["entities"]}))


def _is_label_studio(row) -> bool:
    return isinstance(row, dict) and isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list)


def _read_label_studio(sentence: SentenceInFile, row: dict):
    texts = [value for value in row["data"].values() if isinstance(value, str)]
    text = row["data"]["text"] if "text" in row["data"] else texts[0] if len(texts) == 1 else None
    done = [annotation for annotation in row["annotations"] if not annotation.get("was_cancelled")]
    if text is None or len(done) != 1:
        raise ValueError(f"expected one text and one annotation, received {len(texts)} and {len(done)}")
    values = [item["value"] for item in done[0]["result"] if "labels" in item["value"]]
    add_spans(sentence, text, spans_of_row({"text": text, "spans": values}))


def _has_spans(row) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("text"), str)
        and not (tags_key(row) and words_key(row) and row[tags_key(row)])
        and any(isinstance(row.get(name), (list, dict)) for name in SPANS)
    )


def _read_spans(sentence: SentenceInFile, row: dict):
    add_spans(sentence, row["text"], spans_of_row(row))


def _has_words(row) -> bool:
    return isinstance(row, dict) and words_key(row) is not None


def _refuse(sentence: SentenceInFile, row):
    if isinstance(row, dict) and "sentences" in row:
        raise ValueError("documents of several sentences (DyGIE's) are not read: write one row for each sentence")
    raise ValueError(
        'expected {"text": ..., "spans": [...]} or {"tokens": [...], "ner_tags": [...]}, received ' + str(row)[:80]
    )


_FORMS: tuple[tuple[Callable[..., bool], Callable[..., None]], ...] = (
    (_is_pair, _read_pair),
    (_is_label_studio, _read_label_studio),
    (_has_spans, _read_spans),
    (_has_words, lambda sentence, row: add_words(sentence, row, None, None)),
    (lambda row: True, _refuse),
)
