"""Google's limit of 200 characters a word, applied to pieces that a kernel without that limit has found."""

import tensorflow as tf

MAX_WORD_LENGTH = 200


def limit_word_length(
    texts: tf.Tensor,
    ids: tf.RaggedTensor,
    starts: tf.RaggedTensor,
    ends: tf.RaggedTensor,
    *,
    continues: tf.Tensor,
    unk_id: int,
) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
    """Makes each word of more than 200 characters one unknown token.

    Counting characters is left to the batches that have a word of more than 200 bytes, so that ordinary text pays for a
    few integer operations only.

    Args:
        texts: (batch,) normalised strings, which `starts` and `ends` index.
        ids: (batch, pieces) int32.
        starts: (batch, pieces) first byte of each piece.
        ends: (batch, pieces) byte after each piece.
        continues: (vocabulary,) bool, whether a token continues a word.
        unk_id: Id of the unknown token.

    Returns:
        `ids`, `starts` and `ends`, with the pieces of too long words replaced.

    Reference:
        `max_input_chars_per_word` of https://github.com/google-research/bert/blob/master/tokenization.py
    """
    continues = tf.gather(continues, ids.values)  # (pieces,)
    first_pieces = tf.where(~continues)[:, 0]  # (words,)
    last_pieces = tf.concat([first_pieces, [tf.size(continues, tf.int64)]], 0)[1:] - 1
    word_starts, word_ends = tf.gather(starts.values, first_pieces), tf.gather(ends.values, last_pieces)

    def limited():
        rows = tf.gather(ids.value_rowids(), first_pieces)
        words = tf.strings.substr(tf.gather(texts, rows), word_starts, word_ends - word_starts)  # (words,)
        too_long = tf.strings.length(words, unit="UTF8_CHAR") > MAX_WORD_LENGTH
        words_of_pieces = tf.cumsum(tf.cast(~continues, tf.int32)) - 1
        too_long = tf.gather(too_long, words_of_pieces)  # (pieces,)
        stays = ids.with_values(~(too_long & continues))
        limited_ids = ids.with_values(tf.where(too_long, unk_id, ids.values))
        limited_ends = ends.with_values(tf.where(too_long, tf.gather(word_ends, words_of_pieces), ends.values))
        return tuple(tf.ragged.boolean_mask(values, stays) for values in (limited_ids, starts, limited_ends))

    return tf.cond(tf.reduce_any(word_ends - word_starts > MAX_WORD_LENGTH), limited, lambda: (ids, starts, ends))
