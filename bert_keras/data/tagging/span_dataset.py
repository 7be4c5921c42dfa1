"""The input pipelines of GlobalPointer: spans that may be nested, and triples of subject, relation, object."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.batches.bucketed_dataset import bucketed_dataset
from bert_keras.data.tagging.basic_tokens import learned_words
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.tokenized_words import TokenizedWords
from bert_keras.data.tagging.triple_examples import TripleExamples

SUBJECT, OBJECT = range(2)


def span_dataset(
    sentences: TaggedSentences,
    tokenizer: Callable,
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    words: str = "basic",
    overlap: int | None = None,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    r"""Batches of sentences with spans, by the first pieces of their first and of their last token.

    A sentence longer than a row becomes overlapping windows; a span is learned in each window that holds all of it.

    Args:
        sentences: From `read_tagged_sentences`, with spans; `scheme=None` there leaves nested spans.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle.
        seed: Any integer.
        labels: The labels in the order of the model's outputs; None for those of `sentences`.
        words: What the model learns spans of: "basic", the basic tokens of the raw text, which are all that a predictor
            sees of it, so that `U.K.` is four; or "file", the words of `sentences`, for a model that will be given
            words cut alike. The model's `words` must say the same.
        overlap: Pieces that neighbouring windows of a sentence share; None for a quarter of a row.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Returns:
        A dataset of `(x, y, sample_weight)`: x as the encoder wants it; y (batch_size, spans, 3) int32, label, begin
        and end, -1 as the label where there is none; sample_weight (batch_size,) float32.

    Raises:
        ValueError: If the sentences have no spans, or a label is unknown, or the lengths do not fit.

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
    number_of = _numbers(sentences.labels if labels is None else labels)
    sentences = learned_words(sentences, words)
    tokenized = TokenizedWords(sentences.words, tokenizer, sequence_length, overlap)
    targets = []
    for i, (number, window) in enumerate(tokenized.windows):
        place = _placer(tokenized, i, window)
        spans = (
            (_number(number_of, label), *place((start, end)))
            for start, end, label in sentences.spans[number]
            if window.start <= start and end <= window.end
        )
        targets.append(list(spans))
    return _dataset(
        tokenized, targets, sequence_length=sequence_length, batch_size=batch_size, training=training, seed=seed,
        buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip


def triple_dataset(
    examples: TripleExamples,
    tokenizer: Callable,
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    relations: Sequence[str] | None = None,
    overlap: int | None = None,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of texts with triples, as GPLinker learns them: spans of entities, and links between begins and ends.

    Args:
        examples: From `read_triples`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row; of a longer text the windows are learned, and the triples within one.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle.
        seed: Any integer.
        relations: The relations in the order of the model's outputs; None for those of `examples`.
        overlap: Pieces that neighbouring windows of a text share; None for a quarter of a row.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Returns:
        A dataset of `(x, y, sample_weight)`: x as the encoder wants it; y a dict of (batch_size, spans, 3) int32:
        `entities`, with label 0 for subjects and 1 for objects, begin and end; `heads` and `tails`, relation, begin
        (end) of the subject and begin (end) of the object; -1 as the label where there is none. sample_weight has the
        same names, (batch_size,) float32 each.

    Raises:
        ValueError: If a relation is unknown, or the lengths do not fit.

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
    number_of = _numbers(examples.relations if relations is None else relations)
    words = TokenizedWords(examples.words, tokenizer, sequence_length, overlap)
    targets = {"entities": [], "heads": [], "tails": []}
    for i, (number, window) in enumerate(words.windows):
        place, row = _placer(words, i, window), {name: set() for name in targets}
        for subject, target, relation in examples.triples[number]:
            if min(subject[0], target[0]) < window.start or max(subject[1], target[1]) > window.end:
                continue
            (head, tail), (target_head, target_tail) = place(subject), place(target)
            row["entities"] |= {(SUBJECT, head, tail), (OBJECT, target_head, target_tail)}
            row["heads"].add((_number(number_of, relation), head, target_head))
            row["tails"].add((_number(number_of, relation), tail, target_tail))
        for name, found in row.items():
            targets[name].append(sorted(found))
    return _dataset(
        words, targets, sequence_length=sequence_length, batch_size=batch_size, training=training, seed=seed,
        buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip


def _placer(words: TokenizedWords, number: int, window):
    """From words of a sentence, (first, behind the last), to positions in the window's row, (first, last)."""
    positions = words.positions_of_words(number)
    return lambda span: (int(positions[span[0] - window.start]), int(positions[span[1] - 1 - window.start]))


def _dataset(words: TokenizedWords, targets, **options) -> tf.data.Dataset:
    with tf.device("CPU"):  # where the input pipeline runs
        if isinstance(targets, dict):
            tables = {name: tf.constant(_padded(rows)) for name, rows in targets.items()}
        else:
            tables = tf.constant(_padded(targets))

    def make_batch(numbers: tf.Tensor, length: tf.Tensor | int):
        is_row = numbers >= 0

        def rows_of(table):
            return tf.where(is_row[:, tf.newaxis, tf.newaxis], tf.gather(table, tf.maximum(numbers, 0)), -1)

        weights = tf.cast(is_row, tf.float32)
        y = tf.nest.map_structure(rows_of, tables)
        return words.rows(numbers, length), y, tf.nest.map_structure(lambda _: weights, y)

    return bucketed_dataset(words.row_lengths, make_batch, **options)


def _padded(rows: Sequence[Sequence[tuple[int, int, int]]]) -> np.ndarray:
    """(rows, spans, 3) int32; at least one place for a span."""
    table = np.full((len(rows), max(1, max(map(len, rows), default=1)), 3), -1, np.int32)
    for i, row in enumerate(rows):
        if row:
            table[i, : len(row)] = row
    return table


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _number(number_of: dict[str, int], name: str) -> int:
    if name not in number_of:
        raise ValueError(f"{name!r} is not among the known ones: {', '.join(map(repr, number_of))}")
    return number_of[name]
