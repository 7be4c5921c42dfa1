"""Packed rows: the documents of a shard end to end, cut where a row is full; every piece is a sequence of its own.

What a shard gives is known without reading it, from its numbers of tokens and documents: that is what makes the
position in an endless stream of rows a matter of arithmetic. No token is lost and none occurs twice.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from bert_keras.data.corpus.passages import parse_passages
from bert_keras.data.corpus.report import Shard
from bert_keras.data.tokenization.row_layout import RowLayout


class PackedRows(NamedTuple):
    """Rows that hold one sequence or more, each with the special tokens of one text around it.

    Attributes:
        token_ids: (rows, sequence_length) int32.
        padding_mask: (rows, sequence_length) uint16, 0 at padding, 1, 2, 3, ... in the sequences of a row.
    """

    token_ids: tf.Tensor
    padding_mask: tf.Tensor


def num_packed_rows(shard: Shard, sequence_length: int, layout: RowLayout) -> int:
    """Return how many rows the documents of a shard fill: the last one is the only one that may be filled in part.

    Args:
        shard: What the report says of it.
        sequence_length: Length of a row, special tokens included.
        layout: Which special tokens stand around a text.

    Raises:
        ValueError: If the corpus was prepared when documents were not counted yet.
    """
    if not shard.num_documents:
        raise ValueError(
            f"the corpus was prepared by an earlier version, which did not count the documents of {shard.name}: "
            "prepare it again for rows='packed'"
        )
    num_specials = layout.num_special_tokens(1)
    return -(-(shard.num_tokens + num_specials * shard.num_documents) // (sequence_length - num_specials))


def read_packed(
    names: tf.Tensor,
    number: tf.Tensor,
    num_rows: tf.Tensor,
    *,
    tokens_of: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    most_passages: int,
    stream: tf.Tensor,
    **layout: "int | RowLayout",
) -> PackedRows:
    """Read shards as packed rows, for `shuffled_records`.

    Args:
        names: (shards,) strings, their files.
        number: int64 scalar, the number of the first one in all epochs.
        num_rows: int64 scalar, the `num_packed_rows` of all of them.
        tokens_of: From serialised passages and their token ids to the ids that rows are made of.
        most_passages: Passages in the largest shard.
        stream: int64 scalar, the seed of orders and cuts.
        **layout: `sequence_length` and `layout`, as for `pack_documents`.
    """

    @tf.autograph.experimental.do_not_convert  # looking for what to convert takes seconds
    def rows_of(number: tf.Tensor, name: tf.Tensor) -> PackedRows:
        records = tf.data.TFRecordDataset(name).batch(most_passages).get_single_element()
        passages = parse_passages(records)
        token_ids = tokens_of(records, passages.token_ids)
        seed = tf.stack([stream, number])
        return pack_documents(token_ids, passages.lengths, passages.documents, seed=seed, **layout)

    shards = tf.data.Dataset.from_tensor_slices(names).enumerate(number).map(rows_of)
    rows = shards.rebatch(tf.int32.max).get_single_element()
    found = tf.shape(rows.token_ids, tf.int64)[0]
    tf.debugging.assert_equal(found, num_rows, "corpus.json counts other documents or tokens than the shards hold")
    return rows


def pack_documents(
    token_ids: tf.Tensor,
    passage_lengths: tf.Tensor,
    documents: tf.Tensor,
    sequence_length: int,
    layout: RowLayout,
    seed: tf.Tensor,
) -> PackedRows:
    """Lay the documents of a shard end to end in random order and cut them into rows, in the graph.

    The first document is cut at a random place, and its beginning goes to the end: rows begin elsewhere in each epoch,
    even where all of a shard is one document. A piece at the end of a row may be as short as a token.

    Args:
        token_ids: (tokens,) int32, all passages end to end, those of a document together.
        passage_lengths: (passages,) int32.
        documents: (passages,) int32, which document a passage is of.
        sequence_length: Length of a row, special tokens included.
        layout: Which special tokens stand around a text.
        seed: (2,) integers.

    Returns:
        `num_packed_rows` rows. A last one that gets no token has padding alone.

    Example:
        >>> layout = RowLayout(begin=(2,), between=(3,), end=(3,), pad_id=0)
        >>> rows = pack_documents(tf.range(10, 16), tf.constant([1, 5]), tf.constant([0, 1]), 8, layout, [0, 0])
        >>> rows.token_ids.numpy().tolist()
        [[2, 12, 13, 14, 15, 3, 0, 0], [2, 10, 3, 2, 11, 3, 0, 0]]
        >>> rows.padding_mask.numpy().tolist()
        [[1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 2, 2, 2, 0, 0]]
    """
    num_specials, num_begin = layout.num_special_tokens(1), len(layout.begin)
    starts, lengths = _shuffled(*_document_ranges(passage_lengths, documents), seed)
    # Between two pieces there is room for the special tokens of both; a row is a part of this line of cells, and has
    # the room before its first piece and behind its last one, too.
    begins = tf.cumsum(lengths + num_specials, exclusive=True)
    row_cells = sequence_length - num_specials
    num_rows = -(-(tf.size(token_ids) + num_specials * _num_documents(documents)) // row_cells)
    row_begins = tf.range(num_rows) * row_cells
    first = _piece_at(begins, row_begins)
    behind = row_begins - tf.gather(begins + lengths, first)
    skipped = tf.where(behind >= 0, num_specials - behind, 0)  # a row that would begin with room begins with a text
    column = tf.range(sequence_length)[tf.newaxis]
    cells = (row_begins + tf.maximum(skipped, 0))[:, tf.newaxis] + column - num_begin  # (rows, length)
    pieces = tf.reshape(_piece_at(begins, tf.reshape(cells, [-1])), tf.shape(cells))
    offsets = cells - tf.gather(begins, pieces)
    is_text = (column >= num_begin) & (cells < row_begins[:, tf.newaxis] + row_cells)
    is_text &= (offsets >= 0) & (offsets < tf.gather(lengths, pieces))
    sources = tf.where(is_text, tf.gather(starts, pieces) + offsets, 0)
    rows = tf.where(is_text, tf.gather(token_ids, sources), layout.pad_id)

    is_new = _moved(pieces, 1) != pieces  # where special tokens stand between the pieces, that is known without it
    is_first = is_text & (~_moved(is_text, 1) | is_new)
    is_last = is_text & (~_moved(is_text, -1) | _moved(is_new, -1))
    for place, token_id in enumerate(layout.begin):
        rows = tf.where(_moved(is_first, place - num_begin), token_id, rows)
    for place, token_id in enumerate(layout.end):
        rows = tf.where(_moved(is_last, 1 + place), token_id, rows)
    opened = tf.cumsum(tf.cast(_moved(is_first, -num_begin), tf.int32), axis=1)
    closed = tf.cumsum(tf.cast(_moved(is_last, 1 + len(layout.end)), tf.int32), axis=1)
    return PackedRows(rows, tf.cast(tf.where(opened > closed, opened, 0), tf.uint16))


def filled_up(rows: PackedRows, layout: RowLayout) -> PackedRows:
    """Give rows without a sequence the special tokens of an empty text, for a row of padding has nothing to look at."""
    empty = layout.row([])
    missing = [[0, rows.token_ids.shape[1] - len(empty)]]
    filler = PackedRows(tf.pad(empty, missing, constant_values=layout.pad_id), tf.pad([1] * len(empty), missing))
    is_filler = rows.padding_mask[:, :1] == 0
    return PackedRows(*(tf.where(is_filler, tf.cast(new, old.dtype), old) for new, old in zip(filler, rows)))


def _document_ranges(passage_lengths: tf.Tensor, documents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    is_new = tf.concat([[True], documents[1:] != documents[:-1]], 0)
    lengths = tf.math.segment_sum(passage_lengths, tf.cumsum(tf.cast(is_new, tf.int32)) - 1)
    return tf.cumsum(lengths, exclusive=True), lengths


def _num_documents(documents: tf.Tensor) -> tf.Tensor:
    return 1 + tf.math.count_nonzero(documents[1:] != documents[:-1], dtype=tf.int32)


def _shuffled(starts: tf.Tensor, lengths: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Shuffle documents, and cut the first one."""
    order_seed, cut_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
    order = tf.random.experimental.stateless_shuffle(tf.range(tf.size(starts)), order_seed, alg="philox")
    starts, lengths = tf.gather(starts, order), tf.gather(lengths, order)
    cut = tf.random.stateless_uniform([], cut_seed, 1, tf.maximum(lengths[0], 2), dtype=tf.int32, alg="philox")
    starts = tf.concat([[starts[0] + cut], starts[1:], starts[:1]], 0)
    lengths = tf.concat([[lengths[0] - cut], lengths[1:], [cut]], 0)
    is_there = lengths > 0  # a document of one token cannot be cut
    return tf.boolean_mask(starts, is_there), tf.boolean_mask(lengths, is_there)


def _piece_at(begins: tf.Tensor, cells: tf.Tensor) -> tf.Tensor:
    return tf.maximum(tf.searchsorted(begins, cells, side="right") - 1, 0)


def _moved(values: tf.Tensor, num_columns: int) -> tf.Tensor:
    """Move the columns of (rows, length) to the right, or, by a negative number, to the left; zeros move in."""
    length = values.shape[1]
    if num_columns >= 0:
        return tf.pad(values[:, : length - num_columns], [[0, 0], [num_columns, 0]])
    return tf.pad(values[:, -num_columns:], [[0, 0], [0, -num_columns]])
