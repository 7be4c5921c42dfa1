"""Tokens of one letter repeated, such as `..` and `...`: of equally probable orders always the same one."""

import tensorflow as tf


def order_runs(letters: tf.Tensor, lengths: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sort neighbouring tokens of one letter, the shorter first, as `sentencepiece` and `tokenizers` find them.

    The sums of the kernel have four bytes, and their rounding breaks the ties at random.

    Args:
        letters: (tokens,) int32, the code point that a token repeats, 0 if it is of several.
        lengths: (tokens,) int64, in characters.
        rows: (tokens,) int64, the text of each token.

    Returns:
        order: (tokens,) int32, the token to put at each place. firsts: (tokens,) int64, the place at which the run of
        each place begins.

    Example:
        >>> letters, lengths, rows = [46, 46, 0, 46], [3, 2, 1, 1], [0, 0, 0, 0]
        >>> [part.numpy().tolist() for part in order_runs(*map(tf.constant, (letters, lengths, rows)))]
        [[1, 0, 2, 3], [0, 0, 2, 3]]
    """
    places = tf.range(tf.size(letters))
    begins = (letters[1:] != letters[:-1]) | (letters[1:] == 0) | (rows[1:] != rows[:-1])
    begins = tf.concat([tf.ones_like(letters[:1], tf.bool), begins], 0)
    is_wrong = tf.reduce_any(~begins[1:] & (lengths[:-1] > lengths[1:]))
    runs = tf.cumsum(tf.cast(begins, tf.int64))

    def sort():
        longest = tf.cast(tf.reduce_max(lengths), tf.int64)
        return tf.argsort(runs * (1 + longest) + tf.cast(lengths, tf.int64), stable=True)

    order = tf.cond(is_wrong, sort, lambda: places)
    return order, tf.gather(tf.where(begins)[:, 0], runs - 1)
