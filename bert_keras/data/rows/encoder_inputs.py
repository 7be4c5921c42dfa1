"""One or two texts as a row of the encoder: truncation, `[CLS] first [SEP] second [SEP]`, padding, segment ids.

Dense and vectorised: texts are ranges of one long vector of token ids, and every cell of the batch computes where in
that vector its token stands. No ragged tensor is built.
"""

import tensorflow as tf


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
    sequence_length: int,
    vocabulary,
) -> dict[str, tf.Tensor]:
    """Packs texts that already fit into rows for the encoder.

    Args:
        token_ids: (tokens,) int32, all texts end to end.
        first: Starts and lengths of the first texts in `token_ids`, (batch,) int32 each.
        second: The same of the second texts; None for rows `[CLS] first [SEP]`.
        sequence_length: Length of a row.
        vocabulary: Gives `cls_id`, `sep_id` and `pad_id`.

    Returns:
        `token_ids`, `segment_ids` and `padding_mask`, (batch, sequence_length) int32 each.
    """
    column = tf.range(sequence_length)[tf.newaxis]  # (1, length)
    start, length = first[0][:, tf.newaxis], first[1][:, tf.newaxis]  # (batch, 1)
    end = length + 1  # where the first [SEP] stands
    source = start + column - 1  # (batch, length)
    is_text = (column > 0) & (column < end)
    is_separator = column == end
    segment_ids = tf.zeros_like(source)
    if second is not None:
        second_start, second_length = second[0][:, tf.newaxis], second[1][:, tf.newaxis]
        source = tf.where(column > end, second_start + column - end - 1, source)
        second_end = end + second_length + 1
        is_text |= (column > end) & (column < second_end)
        is_separator |= column == second_end
        segment_ids = tf.cast((column > end) & (column <= second_end), tf.int32)
        end = second_end
    specials = tf.where(is_separator, vocabulary.sep_id, tf.where(column == 0, vocabulary.cls_id, vocabulary.pad_id))
    # One token more at the end, so that a batch of empty texts can be gathered from, too.
    gathered = tf.gather(tf.concat([token_ids, [vocabulary.pad_id]], 0), tf.where(is_text, source, 0))
    return {
        "token_ids": tf.where(is_text, gathered, specials),
        "segment_ids": segment_ids,
        "padding_mask": tf.cast(column <= end, tf.int32),
    }
