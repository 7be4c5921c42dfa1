"""The rows of relation classification, sentences with their two entities between marker tokens; and their batches."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.tagging.relation_examples import RelationExamples
from bert_keras.data.tokenization.tokenizer import Tokenizer

_logger = logging.getLogger(__name__)
MARKERS = ("$", "#")


class RelationRows(TokenRows):
    """Sentences `The $ child $ was in the # box # .` as `Rows`, and where the opening markers stand.

    A sentence longer than a row loses tokens far from the entities; how many sentences do is logged. The model's inputs
    have `entity_positions`, (batch, 2) int32. Targets are `(y, sample_weight)`: y (batch,) int32 numbers of relations,
    0 without labels; sample_weight (batch,) float32. `examples` are those that the rows are made of.

    Args:
        examples: From `read_relations`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        label_names: The relations in the order of the model's outputs; None for those of `examples`.
        markers: The tokens around the first and around the second entity; the vocabulary must have them.

    Raises:
        ValueError: If a marker is not in the vocabulary, entities overlap, or a relation is unknown.
    """

    def __init__(
        self,
        examples: RelationExamples,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        label_names: Sequence[str] | None = None,
        markers: tuple[str, str] = MARKERS,
    ):
        self.examples = examples
        room = sequence_length - tokenizer.vocabulary.row_layout.num_special_tokens(1)
        token_ids, starts, lengths, positions = _marked_rows(examples, tokenizer, room, markers)
        labels = np.zeros(len(examples), np.int32)
        if examples.labels is not None:
            number_of = {name: number for number, name in enumerate(label_names or examples.label_names)}
            if unknown := set(examples.labels) - set(number_of):
                raise ValueError(f"relations {sorted(unknown)} are not among the known ones: {', '.join(number_of)}")
            labels = np.array([number_of[label] for label in examples.labels], np.int32)
        super().__init__(token_ids, (starts, lengths), None, tokenizer, sequence_length=sequence_length)
        with tf.device("CPU"):  # where the input pipeline runs
            self._labels, self._positions = tf.constant(labels), tf.constant(positions, tf.int32)

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`, with `entity_positions`."""
        return super().inputs(numbers, length) | {"entity_positions": entries_of_rows(self._positions, numbers)}

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Rows.targets`."""
        return entries_of_rows(self._labels, numbers), tf.cast(numbers >= 0, tf.float32)


def relation_dataset(
    examples: RelationExamples, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of sentences with marked entities: `batches` of `RelationRows`.

    Args:
        examples: As for `RelationRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        **options: Further ones of `RelationRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `RelationRows` says.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_relations
        >>> import json, pathlib, tempfile
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "$", "#", "ada", "in", "rio"])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.jsonl")
        >>> _ = path.write_text(json.dumps({"text": "<e1>Ada</e1> in <e2>Rio</e2>", "label": "origin"}))
        >>> examples = read_relations(path)
        >>> dataset = relation_dataset(examples, tokenizer, sequence_length=16, batch_size=1, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> x["token_ids"][0, :9].numpy().tolist(), x["entity_positions"][0].numpy().tolist()
        ([2, 5, 7, 5, 8, 6, 9, 6, 3], [1, 5])
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(RelationRows, examples, tokenizer, **sizes, **options)


def _marked_rows(examples: RelationExamples, tokenizer: Tokenizer, max_tokens: int, markers: tuple[str, str]):
    """Token ids end to end, starts, lengths, and where in its row the opening markers of each example stand."""
    vocabulary, layout = tokenizer.vocabulary, tokenizer.vocabulary.row_layout
    begin = len(layout.begin)
    for marker in markers:
        if marker not in vocabulary.tokens:
            raise ValueError(f"the marker {marker!r} is not in the vocabulary; pass markers= of two tokens that are")
    marker_ids = [vocabulary.tokens.index(marker) for marker in markers]
    parts, order = [], []
    for text, first, second in zip(examples.texts, examples.first_spans, examples.second_spans, strict=True):
        order.append((0, 1) if first < second else (1, 0))
        (start, end), (other_start, other_end) = sorted((first, second))
        if end > other_start:
            raise ValueError(f"the entities {text[start:end]!r} and {text[other_start:other_end]!r} overlap")
        parts += [text[:start], text[start:end], text[end:other_start], text[other_start:other_end], text[other_end:]]
    pieces = tokenizer(parts).to_list() if parts else []
    rows, positions, num_cut = [], [], 0
    for i, which in enumerate(order):
        before, left, between, right, after = pieces[5 * i : 5 * i + 5]
        one, other = ([marker_ids[entity]] for entity in which)
        middle = [*one, *left, *one, *between, *other, *right, *other]
        room = max(0, max_tokens - len(middle))
        num_cut += len(before) + len(after) + len(middle) > max_tokens
        kept_before = min(len(before), max(room // 2, room - len(after)))
        row = (before[len(before) - kept_before :] + middle + after)[:max_tokens]
        rows.append(row)
        # Of an entity too far away to fit, the row's end stands for the marker.
        places = [kept_before, min(kept_before + len(left) + len(between) + 2, max_tokens - 1)]
        positions.append([begin + places[which.index(0)], begin + places[which.index(1)]])
    if num_cut:
        _logger.warning("%d of %d sentences are longer than %d tokens and were cut", num_cut, len(rows), max_tokens)
    lengths = np.array([len(row) for row in rows])
    token_ids = np.array([token for row in rows for token in row], np.int32)
    return token_ids, np.cumsum(lengths) - lengths, lengths, np.array(positions).reshape(-1, 2)
