"""A file into what a predictor is called with, whatever its task."""

import dataclasses
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert_keras import data
from bert_keras.data.files.cells import Column, is_visible
from bert_keras.data.files.faults import Faults
from bert_keras.data.generation.generation_readers import DIALOGUES, KNOWN_COLUMNS, known_columns, read_sources
from bert_keras.inference.chooser import Chooser
from bert_keras.inference.generator import Generator
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.question_answerer import QuestionAnswerer
from bert_keras.inference.relation_extractor import RelationExtractor
from bert_keras.inference.span_finder import SpanFinder
from bert_keras.inference.tagger import Tagger
from bert_keras.inference.text_sources import TABLE_SUFFIXES, as_texts
from bert_keras.inference.triple_finder import TripleFinder
from bert_keras.table_format import TableFormat

_logger = logging.getLogger(__name__)
_JSON = (".jsonl", ".ndjson", ".json")
_OF_TAGS = (".conll", ".conllu", ".bio", ".iob", ".ann")


def read_inputs(
    predictor: Predictor | None,
    path: str | os.PathLike,
    *,
    text_column: Column | None = None,
    second_text_column: Column | None = None,
    choice_columns: Sequence[Column] = (),
    table: TableFormat = TableFormat(),
) -> tuple[list[dict[str, Any]], tuple]:
    """Read what a predictor is to answer, without labels: a table, a text a line, or its task's own files.

    Args:
        predictor: What `load_predictor` gives.
        path: The file. Without a `text_column`: questions in SQuAD's format, sentences with marked entities in those of
            `read_relations`, with tags or spans in those of `read_tagged_sentences`, triples; sources in columns that
            `read_generation` knows; or a text file with one text a line.
        text_column: The column of the texts, of the questions, or of a dialogue's turns, in a table. The last of
            `turns` is the target, as in training; a column of another name is read whole.
        second_text_column: That of the second text of a pair, of the passage that answers a question, or of what stands
            behind a source, as the input of an instruction does.
        choice_columns: Those of the choices.
        table: How a table is written.

    Returns:
        For each row what was read, to be written beside its prediction; and the arguments that `predictor` is called
        with.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: With file and line, if a row is not sound; if a table comes without `text_column`.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "new.tsv")
        >>> _ = path.write_text("review" + chr(10) + "so good" + chr(10))
        >>> read_inputs(None, path, text_column="review")
        ([{'text': 'so good'}], (['so good'],))
    """
    path = Path(path)
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if isinstance(predictor, Chooser):
        return _choices(path, text_column, choice_columns, table)
    if isinstance(predictor, Generator):
        is_table = text_column is not None or suffix in TABLE_SUFFIXES
        return _sources(path, text_column, second_text_column, table) if is_table else _source_lines(path)
    if text_column is not None:
        return _table(path, text_column, second_text_column, table)
    if isinstance(predictor, QuestionAnswerer):
        questions = data.read_questions(path, has_answers=False, errors="keep")
        rows = [{"id": some.id, "text": some.question, "second_text": some.context} for some in questions]
        return rows, ([row["text"] for row in rows], [row["second_text"] for row in rows])
    if isinstance(predictor, RelationExtractor):
        examples = data.read_relations(path)
        return [{"id": number, "text": text} for number, text in zip(examples.ids, examples.texts)], (examples,)
    if isinstance(predictor, (Tagger, SpanFinder)) and suffix in (*_OF_TAGS, *_JSON):
        texts = list(data.read_tagged_sentences(path, scheme=None).texts)
        return [{"text": text} for text in texts], (texts,)
    if isinstance(predictor, TripleFinder) and suffix in _JSON:
        texts = list(data.read_triples(path).texts)
        return [{"text": text} for text in texts], (texts,)
    if suffix in TABLE_SUFFIXES:
        raise ValueError(f"{path} is a table: say which of its columns is the text, by text_column= or --text-column.")
    texts = as_texts(path)
    return [{"text": text} for text in texts], (texts,)


def _table(path: Path, text_column: Column, second_text_column: Column | None, table: TableFormat):
    columns = dict(text_column=text_column, second_text_column=second_text_column)
    examples = data.read_examples(path, **columns, **dataclasses.asdict(table))
    if examples.second_texts is None:
        return [{"text": text} for text in examples.texts], (list(examples.texts),)
    pairs = zip(examples.texts, examples.second_texts, strict=True)
    rows = [{"text": text, "second_text": second} for text, second in pairs]
    return rows, (list(examples.texts), list(examples.second_texts))


def _sources(path: Path, text_column: Column | None, second_text_column: Column | None, table: TableFormat):
    """Read what is written from as training reads it: the last turn of a dialogue is the target, and no part of it."""
    if text_column is None:
        if (known := known_columns(path, table)) is None:
            raise ValueError(
                f"{path} is a table: say which of its columns is the text, by text_column= or --text-column; known are "
                f"{KNOWN_COLUMNS}."
            )
        text_column = known.source
        if text_column not in DIALOGUES:
            examples = read_sources(path, known, table)
            return [{"text": source} for source in examples.sources], (examples,)
    target_column = text_column if text_column in DIALOGUES else None
    columns = dict(source_column=text_column, target_column=target_column, second_source_column=second_text_column)
    examples = data.read_generation(path, **columns, **dataclasses.asdict(table))
    if examples.targets is None:
        return [{"text": source} for source in examples.sources], (examples,)
    _logger.warning(
        "%s: of the %s of a dialogue the last is the target, as in training: it is not written from, and stands beside "
        "what is written; a dialogue that is to be answered is in a column of another name",
        path, text_column,
    )  # fmt: skip
    rows = [{"text": some, "target": target} for some, target in zip(examples.sources, examples.targets, strict=True)]
    return rows, (dataclasses.replace(examples, targets=None),)


def _source_lines(path: Path):
    faults, texts = Faults("raise"), as_texts(path)
    for number, text in enumerate(texts, 1):
        if not is_visible(text):
            faults.doubt("an empty text", f"{path}:{number}")
    faults.report(len(texts), path)
    return [{"text": text} for text in texts], (data.GenerationExamples(tuple(text or " " for text in texts)),)


def _choices(path: Path, text_column: Column | None, choice_columns: Sequence[Column], table: TableFormat):
    columns = dataclasses.asdict(table)
    if text_column is not None:
        columns |= {"context_column": text_column, "stem_column": None}
    if choice_columns:
        columns["choice_columns"] = choice_columns
    examples = data.read_choices(path, label_column=None, **columns)
    rows = [{"text": text, "choices": some} for text, some in zip(examples.contexts, examples.choices, strict=True)]
    return rows, (examples,)
