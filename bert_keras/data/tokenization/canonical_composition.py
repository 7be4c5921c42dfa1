"""Unicode's NFC inside the TensorFlow graph, and from which characters of a text the bytes of the composed one come."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.tensorflow_text_kernels import normalize_utf8

# Ranges outside which a text is its own composition: no character there changes, or goes with one before it.
COMPOSING = (
    r"\x{300}-\x{3FF}\x{483}-\x{200F}\x{2028}-\x{2FFF}\x{302A}-\x{302F}\x{3099}-\x{309A}\x{A000}-\x{ABFF}"
    r"\x{D7A4}-\x{1F2FF}\x{1FB00}-\x{10FFFF}"
)


def compose(texts: tf.Tensor, odd: tf.Tensor) -> tf.Tensor:
    """Compose characters with the marks behind them.

    Args:
        texts: (batch,) strings, valid UTF-8.
        odd: (rows,) int64, the numbers of the texts that have characters of `COMPOSING`.

    Returns:
        (batch,) strings.

    Example:
        >>> compose(tf.constant(["e\u0301"]), tf.constant([0], tf.int64)).numpy()[0].decode()
        'é'
    """
    composed = normalize_utf8(tf.gather(texts, odd), "NFC")
    return tf.tensor_scatter_nd_update(texts, odd[:, tf.newaxis], composed)


def source_characters(texts: tf.Tensor, composed: tf.Tensor) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a function that says of which character of a text a byte of the composed text is.

    What was composed of several characters is of the first of them, as in Hugging Face's `tokenizers`.

    Args:
        texts: (batch,) strings, valid UTF-8.
        composed: (batch,) strings, what `compose` made of them, or `texts` itself.

    Returns:
        A function of the number of a text and of bytes in it when composed, (bytes,) int64 both, to (bytes,) int64.
    """
    characters = tf.strings.unicode_decode(composed, "UTF-8")  # (batch, characters)
    byte_ends = tf.cumsum(_num_bytes(characters.values))  # in all composed texts end to end
    first_bytes = tf.gather(tf.concat([[0], byte_ends], 0), characters.row_splits)
    numbers = tf.range(tf.size(byte_ends, tf.int64)) - tf.gather(characters.row_splits, characters.value_rowids())
    if composed is not texts:
        is_same = tf.reduce_all(texts == composed)
        numbers = tf.cond(is_same, lambda: numbers, lambda: _sources(texts, characters))

    def character_of(rows, byte):
        place = tf.searchsorted(byte_ends, tf.gather(first_bytes, rows) + byte, side="right", out_type=tf.int64)
        return tf.gather(numbers, place)

    return character_of


def _sources(texts, composed):
    """For each character of composed texts the number of the character in its text that it begins with.

    Decomposed, both texts have as many characters, up to the end of each group of a letter and its marks.
    """
    texts, lengths = tf.strings.unicode_decode(texts, "UTF-8"), _decomposed_lengths()
    ends = tf.cumsum(tf.cast(tf.gather(lengths, texts.values), tf.int64))
    begins = tf.cumsum(tf.cast(tf.gather(lengths, composed.values), tf.int64), exclusive=True)
    sources = tf.searchsorted(ends, begins, side="right", out_type=tf.int64)
    return sources - tf.gather(texts.row_splits, composed.value_rowids())


@functools.lru_cache(maxsize=1)
def _decomposed_lengths():
    """How many characters each code point is when decomposed; (0x110000,) uint8."""
    lengths = np.ones(0x110000, np.uint8)
    with tf.init_scope(), tf.device("CPU"):  # computed once and eagerly, even if first asked for inside a graph
        for plane in (0, 1, 2):  # nothing beyond is composed
            code_points = np.arange(plane << 16, (plane + 1) << 16, dtype=np.int32)
            characters = tf.strings.unicode_encode(code_points[:, np.newaxis], "UTF-8", errors="ignore")
            decomposed = normalize_utf8(characters, "NFD")
            lengths[code_points] = np.maximum(tf.strings.length(decomposed, unit="UTF8_CHAR").numpy(), 1)
        return tf.constant(lengths)


def _num_bytes(code_points):
    """How many bytes of UTF-8 a code point has."""
    return 1 + tf.add_n([tf.cast(code_points >= limit, tf.int64) for limit in (0x80, 0x800, 0x10000)])
