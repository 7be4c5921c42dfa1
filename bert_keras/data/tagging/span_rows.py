"""The rows of GlobalPointer: spans that may be nested; triples of subject, relation, object; and their batches."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.triple_examples import TripleExamples
from bert_keras.data.tagging.word_rows import SentenceRows, WordRows
from bert_keras.data.tagging.word_windows import WordWindow
from bert_keras.data.tokenization.tokenizer import Tokenizer
from bert_keras.tagging_schemes import OBJECT, SUBJECT


class SpanRows(SentenceRows):
    """Sentences with spans as `Rows`: spans by the first pieces of their first and of their last token.

    A sentence longer than a row becomes overlapping windows; a span is learned in each window that holds all of it.

    Targets are `(y, sample_weight)`: y (batch, spans, 3) int32, label, begin and end, -1 as the label where there is
    none; sample_weight (batch,) float32.

    Args:
        sentences: From `read_tagged_sentences`; `scheme=None` there leaves nested spans. Without spans there are no
            targets.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        labels: The labels in the order of the model's outputs; None for those of `sentences`.
        **options: As for `SentenceRows`: `sequence_length`, `words` and `overlap`.

    Raises:
        ValueError: If a label is unknown.
    """

    def __init__(
        self, sentences: TaggedSentences, tokenizer: Tokenizer, *, labels: Sequence[str] | None = None, **options: Any
    ):
        super().__init__(sentences, tokenizer, **options)
        self._spans = None
        if sentences.spans is not None:
            self._spans = _table(self._spans_of_windows(sentences.labels if labels is None else labels))

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor] | None:
        """As `Rows.targets`."""
        if self._spans is None:
            return None
        return entries_of_rows(self._spans, numbers, filler=-1), tf.cast(numbers >= 0, tf.float32)

    def _spans_of_windows(self, labels: Sequence[str]) -> list[list[tuple[int, int, int]]]:
        number_of, found = _numbers(labels), []
        for row, (number, window) in enumerate(self.windows):
            place = _placer(self, row, window)
            spans = (
                (_number(number_of, label), *place((start, end)))
                for start, end, label in self.sentences.spans[number]
                if window.start <= start and end <= window.end
            )
            found.append(list(spans))
        return found


class TripleRows(WordRows):
    """Texts with triples as `Rows`, as GPLinker learns them: spans of entities, and links between begins and ends.

    Of a text longer than a row the windows are learned, and the triples within one.

    Targets are `(y, sample_weight)`: y a dict of (batch, spans, 3) int32: `entities`, with label 0 for subjects and 1
    for objects, begin and end; `heads` and `tails`, relation, begin (end) of the subject and begin (end) of the object;
    -1 as the label where there is none. sample_weight has the same names, (batch,) float32 each. `examples` are those
    that the rows are made of.

    Args:
        examples: From `read_triples`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        relations: The relations in the order of the model's outputs; None for those of `examples`.
        overlap: Pieces that neighbouring windows of a text share; None for a quarter of a row.

    Raises:
        ValueError: If a relation is unknown.
    """

    def __init__(
        self,
        examples: TripleExamples,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        relations: Sequence[str] | None = None,
        overlap: int | None = None,
    ):
        self.examples = examples
        super().__init__(examples.words, tokenizer, sequence_length=sequence_length, overlap=overlap)
        number_of = _numbers(examples.relations if relations is None else relations)
        targets = {"entities": [], "heads": [], "tails": []}
        for number_of_row, (number, window) in enumerate(self.windows):
            place, row = _placer(self, number_of_row, window), {name: set() for name in targets}
            for subject, target, relation in examples.triples[number]:
                if min(subject[0], target[0]) < window.start or max(subject[1], target[1]) > window.end:
                    continue
                (head, tail), (target_head, target_tail) = place(subject), place(target)
                row["entities"] |= {(SUBJECT, head, tail), (OBJECT, target_head, target_tail)}
                row["heads"].add((_number(number_of, relation), head, target_head))
                row["tails"].add((_number(number_of, relation), tail, target_tail))
            for name, found in row.items():
                targets[name].append(sorted(found))
        self._targets = {name: _table(rows) for name, rows in targets.items()}

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """As `Rows.targets`."""
        y = {name: entries_of_rows(table, numbers, filler=-1) for name, table in self._targets.items()}
        return y, dict.fromkeys(y, tf.cast(numbers >= 0, tf.float32))


def span_dataset(
    sentences: TaggedSentences, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    r"""Make batches of sentences with spans: `batches` of `SpanRows`.

    Args:
        sentences: As for `SpanRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        **options: Further ones of `SpanRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `SpanRows` says.

    Raises:
        ValueError: If the sentences have no spans.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_tagged_sentences
        >>> import pathlib, tempfile
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ad", "##a", "smiled"])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.conll")
        >>> _ = path.write_text("Ada B-person\nsmiled O\n")
        >>> sentences = read_tagged_sentences(path)
        >>> dataset = span_dataset(sentences, tokenizer, sequence_length=16, batch_size=1, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> y[0].numpy().tolist()
        [[0, 1, 1]]
    """
    if sentences.spans is None:
        raise ValueError("the sentences have no spans: their tags spell none")
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(SpanRows, sentences, tokenizer, **sizes, **options)


def triple_dataset(
    examples: TripleExamples, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of texts with triples, as GPLinker learns them: `batches` of `TripleRows`.

    Args:
        examples: As for `TripleRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        **options: Further ones of `TripleRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `TripleRows` says.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_triples
        >>> import pathlib, tempfile
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ada", "of", "lyon"])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.jsonl")
        >>> _ = path.write_text('{"text": "Ada of Lyon", "spo_list": [["Ada", "origin", "Lyon"]]}')
        >>> dataset = triple_dataset(read_triples(path), tokenizer, sequence_length=16, batch_size=1, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> y["entities"][0].numpy().tolist(), y["heads"][0].numpy().tolist()
        ([[0, 1, 1], [1, 3, 3]], [[0, 1, 3]])
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(TripleRows, examples, tokenizer, **sizes, **options)


def _placer(rows: WordRows, number: int, window: WordWindow) -> Callable[[tuple[int, int]], tuple[int, int]]:
    """From words of a sentence, (first, behind the last), to positions in the window's row, (first, last)."""
    positions = rows.positions_of_words(number)
    return lambda span: (int(positions[span[0] - window.start]), int(positions[span[1] - 1 - window.start]))


def _table(rows: Sequence[Sequence[tuple[int, int, int]]]) -> tf.Tensor:
    """(rows, spans, 3) int32, where the input pipeline runs; at least one place for a span."""
    table = np.full((len(rows), max(1, max(map(len, rows), default=1)), 3), -1, np.int32)
    for i, row in enumerate(rows):
        if row:
            table[i, : len(row)] = row
    with tf.device("CPU"):
        return tf.constant(table)


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _number(number_of: dict[str, int], name: str) -> int:
    if name not in number_of:
        raise ValueError(f"{name!r} is not among the known ones: {', '.join(map(repr, number_of))}")
    return number_of[name]
