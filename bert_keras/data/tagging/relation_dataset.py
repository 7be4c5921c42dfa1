"""The input pipeline of relation classification: sentences whose two entities stand between marker tokens."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.batches.bucketed_dataset import bucketed_dataset
from bert_keras.data.batches.encoder_inputs import assemble_rows
from bert_keras.data.tagging.relation_examples import RelationExamples

_logger = logging.getLogger(__name__)
MARKERS = ("$", "#")


def relation_dataset(
    examples: RelationExamples,
    tokenizer: Callable,
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    label_names: Sequence[str] | None = None,
    markers: tuple[str, str] = MARKERS,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of sentences `The $ child $ was in the # box # .`, and where the markers stand.

    A sentence longer than a row loses tokens far from the entities; how many sentences do is logged. With
    `training=False` the examples keep their order.

    Args:
        examples: From `read_relations`. Without labels y is 0.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle.
        seed: Any integer.
        label_names: The relations in the order of the model's outputs; None for those of `examples`.
        markers: The tokens around the first and around the second entity; the vocabulary must have them.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Returns:
        A dataset of `(x, y, sample_weight)`: x `token_ids`, `segment_ids`, `padding_mask` (batch_size, row length) and
        `entity_positions` (batch_size, 2), where the opening markers stand, int32; y (batch_size,) int32 numbers of
        relations; sample_weight (batch_size,) float32.

    Raises:
        ValueError: If a marker is not in the vocabulary, a relation is unknown, or the lengths do not fit.

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
    layout = tokenizer.vocabulary.row_layout
    num_specials = layout.num_special_tokens(1)
    token_ids, starts, lengths, positions = _marked_rows(examples, tokenizer, sequence_length - num_specials, markers)
    labels = np.zeros(len(examples), np.int32)
    if examples.labels is not None:
        number_of = {name: number for number, name in enumerate(label_names or examples.label_names)}
        if unknown := set(examples.labels) - set(number_of):
            raise ValueError(f"relations {sorted(unknown)} are not among the known ones: {', '.join(number_of)}")
        labels = np.array([number_of[label] for label in examples.labels], np.int32)
    with tf.device("CPU"):  # where the input pipeline runs
        ids, ranges = tf.constant(token_ids, tf.int32), tf.constant(np.stack([starts, lengths], 1), tf.int32)
        targets, places = tf.constant(labels), tf.constant(positions, tf.int32)

    def make_batch(numbers: tf.Tensor, length: tf.Tensor | int):
        safe, is_example = tf.maximum(numbers, 0), numbers >= 0
        begins, kept = tf.unstack(tf.gather(ranges, safe), axis=1)
        x = assemble_rows(ids, (begins, tf.where(is_example, kept, 0)), None, length, layout)
        x["entity_positions"] = tf.where(is_example[:, tf.newaxis], tf.gather(places, safe), 0)
        return x, tf.where(is_example, tf.gather(targets, safe), 0), tf.cast(is_example, tf.float32)

    return bucketed_dataset(
        lengths + num_specials, make_batch, sequence_length=sequence_length, batch_size=batch_size, training=training,
        seed=seed, buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip


def _marked_rows(examples: RelationExamples, tokenizer: Callable, max_tokens: int, markers: tuple[str, str]):
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
    token_ids = np.array([token for row in rows for token in row] + [layout.pad_id], np.int32)
    return token_ids, np.cumsum(lengths) - lengths, lengths, np.array(positions).reshape(-1, 2)
