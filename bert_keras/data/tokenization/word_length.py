"""The limit of a word's characters, 200 in Google's code, applied to pieces that a kernel without it has found."""

import tensorflow as tf

MAX_WORD_LENGTH = 200
_BREAK = " 。一-鿿"  # a few characters, frequent in every text without spaces too, that certainly end a word


def no_long_word(max_word_length: int) -> str:
    """Return a regular expression that only texts without a longer word match; most of them do."""
    length = min(max_word_length, MAX_WORD_LENGTH)  # of more repetitions the expression would grow too big
    return rf"(?:[^{_BREAK}]{{0,{length}}}[{_BREAK}])*[^{_BREAK}]{{0,{length}}}"


def limit_word_length(
    texts: tf.Tensor,
    ids: tf.RaggedTensor,
    starts: tf.RaggedTensor,
    ends: tf.RaggedTensor,
    *,
    continues: tf.Tensor,
    unk_id: int,
    max_word_length: int = MAX_WORD_LENGTH,
) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
    """Make each word of more characters than the limit one unknown token.

    Ordinary text is spared the counting: a text that matches `no_long_word` has no such word.

    Args:
        texts: (batch,) normalised strings, which `starts` and `ends` index.
        ids: (batch, pieces) int32.
        starts: (batch, pieces) first byte of each piece.
        ends: (batch, pieces) byte after each piece.
        continues: (vocabulary,) bool, whether a token continues a word.
        unk_id: Id of the unknown token.
        max_word_length: The limit, in characters.

    Returns:
        `ids`, `starts` and `ends`, with the pieces of too long words replaced.

    Reference:
        `max_input_chars_per_word` of https://github.com/google-research/bert/blob/master/tokenization.py
    """
    continues = tf.gather(continues, ids.values)  # (pieces,)
    first_pieces = tf.where(~continues)[:, 0]  # (words,)
    last_pieces = tf.concat([first_pieces, [tf.size(continues, tf.int64)]], 0)[1:] - 1
    word_starts, word_ends = tf.gather(starts.values, first_pieces), tf.gather(ends.values, last_pieces)
    word_texts = tf.gather(texts, tf.gather(ids.value_rowids(), first_pieces))
    words = tf.strings.substr(word_texts, word_starts, word_ends - word_starts)  # (words,)

    words_of_pieces = tf.cumsum(tf.cast(~continues, tf.int32)) - 1
    too_long = tf.gather(tf.strings.length(words, unit="UTF8_CHAR") > max_word_length, words_of_pieces)  # (pieces,)
    stays = ids.with_values(~(too_long & continues))
    limited_ids = ids.with_values(tf.where(too_long, unk_id, ids.values))
    limited_ends = ends.with_values(tf.where(too_long, tf.gather(word_ends, words_of_pieces), ends.values))
    return tuple(tf.ragged.boolean_mask(values, stays) for values in (limited_ids, starts, limited_ends))
