"""One or two texts as a row of the encoder: truncation, special tokens around them, padding, segment ids.

Dense and vectorised: texts are ranges of one long vector of token ids, and every cell of the batch computes where in
that vector its token stands. No ragged tensor is built.
"""

import functools
import operator

import tensorflow as tf

from bert_keras.data.tokenization.row_layout import RowLayout


def truncate_longest_first(
    first_lengths: tf.Tensor, second_lengths: tf.Tensor, max_tokens: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """How many tokens two texts keep if the longer one loses tokens until both fit.

    The closed form of the loop in google-research/bert, where the second text gives way if both are equally long.

    Args:
        first_lengths: (batch,) int32.
        second_lengths: (batch,) int32.
        max_tokens: What both together may have.

    Returns:
        Two (batch,) int32 tensors.

    Example:
        >>> first, second = truncate_longest_first(tf.constant([9, 2, 9]), tf.constant([9, 9, 2]), 7)
        >>> first.numpy().tolist(), second.numpy().tolist()
        ([4, 2, 5], [3, 5, 2])
    """
    kept_first = tf.minimum(first_lengths, tf.maximum(max_tokens - second_lengths, (max_tokens + 1) // 2))
    return kept_first, tf.minimum(second_lengths, max_tokens - kept_first)


def assemble_rows(
    token_ids: tf.Tensor,
    first: tuple[tf.Tensor, tf.Tensor],
    second: tuple[tf.Tensor, tf.Tensor] | None,
    sequence_length: int | tf.Tensor,
    layout: RowLayout,
) -> dict[str, tf.Tensor]:
    """Pack texts that already fit into rows for the encoder.

    Args:
        token_ids: (tokens,) int32, all texts end to end.
        first: Starts and lengths of the first texts in `token_ids`, (batch,) int32 each.
        second: The same of the second texts; None for rows of one text.
        sequence_length: Length of a row.
        layout: Which special tokens stand around the texts: `row_layout` of the vocabulary.

    Returns:
        `token_ids`, `segment_ids` and `padding_mask`, (batch, sequence_length) int32 each.
    """
    column = tf.range(sequence_length)[tf.newaxis]  # (1, length)
    begin = len(layout.begin)
    start, end = first[0][:, tf.newaxis], first[1][:, tf.newaxis] + begin  # (batch, 1); `end` is after the text
    source = start + column - begin  # (batch, length)
    is_text = (column >= begin) & (column < end)
    columns = [*zip(layout.begin, range(begin))]  # of the special tokens: ids, and where they stand
    segment_ids = tf.zeros_like(source)
    if second is not None:
        columns += [(token_id, end + i) for i, token_id in enumerate(layout.between)]
        second_begin = end + len(layout.between)
        is_second = column >= second_begin
        source = tf.where(is_second, second[0][:, tf.newaxis] + column - second_begin, source)
        end = second_begin + second[1][:, tf.newaxis]
        is_text |= is_second & (column < end)
    columns += [(token_id, end + i) for i, token_id in enumerate(layout.end)]
    is_row = column < end + len(layout.end)
    if second is not None and layout.has_segments:
        segment_ids = tf.cast(is_second & is_row, tf.int32)
    specials = layout.pad_id
    for special in dict(columns):
        is_there = [column == place for token_id, place in columns if token_id == special]
        specials = tf.where(functools.reduce(operator.or_, is_there), special, specials)
    # One token more at the end, so that a batch of empty texts can be gathered from, too.
    gathered = tf.gather(tf.concat([token_ids, [layout.pad_id]], 0), tf.where(is_text, source, 0))
    return {
        "token_ids": tf.where(is_text, gathered, specials),
        "segment_ids": segment_ids,
        "padding_mask": tf.cast(is_row, tf.int32),
    }
