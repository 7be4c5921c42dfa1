"""From the bytes at which SentencePiece's tokens begin back to the characters that became each token."""

import tensorflow as tf

from bert_keras.data.tokenization.unigram_normalization import CharacterWidths


def characters_of_tokens(
    characters: tf.RaggedTensor,
    first_bytes: tf.RaggedTensor,
    lengths: tf.Tensor,
    firsts: tf.Tensor,
    widths: CharacterWidths,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Find the first and the last character of each token, spaces and removed characters around it left out.

    The kernel says at which byte a token begins, and where it ends says the next. One character may become several,
    as an ellipsis becomes three dots; where a token begins inside of those, the one before it ends with the same
    character. This is seen by counting characters from the last token that began where a character did, and to
    the next; tokens of unknown length in both directions hide it.

    Args:
        characters: (batch, characters) int32 code points.
        first_bytes: (batch, tokens) int32, of each token in the text before the character map was at it.
        lengths: (tokens,) int64, characters of each token without spaces, of all texts end to end; -1 if not known.
        firsts: (tokens,) int64, the token with which the run of each begins, from `order_runs`: within a run tokens
            were sorted, and begin elsewhere than `first_bytes` says.
        widths: What each code point becomes.

    Returns:
        starts, ends: (tokens,) int32, in characters of each text, `ends` exclusive.
    """
    rows = first_bytes.value_rowids()
    first_characters = tf.gather(characters.row_splits, rows)  # of each token's text
    last_characters = tf.gather(characters.row_splits, rows + 1)
    num_bytes = tf.cast(tf.gather(widths.num_bytes, characters.values), tf.int64)
    num_visible = tf.cast(tf.gather(widths.num_visible, characters.values), tf.int64)
    byte_ends = tf.cumsum(num_bytes)  # of each character, in all normalised texts end to end
    text_bytes = tf.gather(tf.concat([[0], byte_ends], 0), first_characters)
    begins = text_bytes + tf.cast(first_bytes.values, tf.int64)
    at = tf.searchsorted(byte_ends, begins, side="right", out_type=tf.int64)  # character where each token begins
    at = tf.minimum(at, last_characters - 1)

    visible = tf.where(num_visible > 0)[:, 0]  # characters that are seen
    visible_before = tf.concat([[0], tf.cumsum(num_visible)], 0)  # what they become, before each character
    padded = tf.concat([[-1], visible, [tf.size(num_bytes, tf.int64)]], 0)

    starts_of_lengths = tf.cumsum(tf.maximum(lengths, 0), exclusive=True)
    seen = tf.gather(visible_before, tf.gather(at, firsts)) + starts_of_lengths - tf.gather(starts_of_lengths, firsts)
    sorted_at = tf.searchsorted(visible_before[1:], seen, side="right", out_type=tf.int64)
    at = tf.where(firsts < tf.range(tf.size(at, tf.int64)), tf.minimum(sorted_at, last_characters - 1), at)

    def next_visible(places):
        return tf.gather(padded, 1 + tf.searchsorted(visible, places, side="left", out_type=tf.int64))

    def last_visible(places):  # before them
        return tf.gather(padded, tf.searchsorted(visible, places, side="left", out_type=tf.int64))

    # Where the next token begins, or the text ends.
    is_first = tf.concat([tf.ones_like(rows[:1], tf.bool), rows[1:] != rows[:-1]], 0)
    is_last = tf.concat([is_first[1:], tf.ones_like(rows[:1], tf.bool)], 0)
    next_at = tf.where(is_last, last_characters, tf.concat([at[1:], at[:1]], 0))
    width = tf.gather(num_visible, at)
    # Of a token in what its character became, but for a drift that is the same up to the next unknown token.
    position = starts_of_lengths - tf.gather(visible_before, at)
    num_unknown = tf.cumsum(tf.cast(lengths < 0, tf.int64), exclusive=True)
    anchors = tf.where((width <= 1) | is_first)[:, 0]
    number = tf.searchsorted(anchors, tf.range(tf.size(at, tf.int64)), side="right", out_type=tf.int64)
    before = tf.gather(anchors, number - 1)  # the last token at or before each that begins where a character does
    behind_last = tf.size(at, tf.int64)
    behind = tf.gather(tf.concat([anchors, [behind_last]], 0), number)
    position_behind = tf.concat([position, [tf.reduce_sum(tf.maximum(lengths, 0)) - visible_before[-1]]], 0)
    unknown_behind = tf.concat([num_unknown, [tf.reduce_sum(tf.cast(lengths < 0, tf.int64))]], 0)
    is_inside = (tf.gather(num_unknown, before) == num_unknown) & (position > tf.gather(position, before))
    is_inside |= (tf.gather(unknown_behind, behind) == num_unknown) & (position > tf.gather(position_behind, behind))
    is_inside |= tf.concat([tf.zeros_like(is_first[:1]), at[1:] == at[:-1]], 0)
    is_inside &= (width > 1) & ~is_first

    next_is_inside = ~is_last & tf.concat([is_inside[1:], is_inside[:1]], 0)
    starts = tf.minimum(next_visible(at), last_characters - 1)
    ends = 1 + last_visible(tf.where(next_is_inside, next_at + 1, next_at))
    ends = tf.maximum(ends, starts + 1)
    return tf.cast(starts - first_characters, tf.int32), tf.cast(ends - first_characters, tf.int32)
