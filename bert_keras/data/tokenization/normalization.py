"""Google's text normalisation for BERT as TensorFlow string ops: what happens to a text before it is cut into words."""

import functools

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.tensorflow_text_kernels import normalize_utf8

# tf.strings.lower asks ICU for the rules of the process's locale: Turkish turns "I" into "ı", Lithuanian keeps the dot
# of an accented "i". So "I" and "J" go through ASCII lower-casing first, and these letters are lowered by name.
_LOCALE_DEPENDENT = (("İ", "i̇"), ("Ì", "ì"), ("Í", "í"), ("Ĩ", "ĩ"), ("Į", "į"))


def normalize(texts: tf.Tensor, *, lower_case: bool, strip_accents: bool) -> tf.Tensor:
    r"""Clean, lower and strip accents as google-research/bert does, in its order.

    Tabs and line ends become spaces; control and format characters and U+FFFD are removed; then lower case; then
    canonical decomposition and removal of combining marks. Characters are what TensorFlow's tables say: those of 2.21
    do not know the 40 capitals that came with Unicode 14 (Vithkuqi and a few Latin and Glagolitic letters).

    Args:
        texts: (batch,) string tensor, valid UTF-8.
        lower_case: Lower the text, by Unicode's rules without a language.
        strip_accents: Decompose the text and remove its non-spacing marks.

    Returns:
        (batch,) string tensor.

    Example:
        >>> normalize(tf.constant(["Naïve\u200b\tＡ"]), lower_case=True, strip_accents=True).numpy()[0].decode()
        'naive ａ'

    Reference:
        `BasicTokenizer` of https://github.com/google-research/bert/blob/master/tokenization.py
    """
    texts = tf.strings.regex_replace(texts, r"[\t\n\r]", " ")
    texts = tf.strings.regex_replace(texts, r"[\p{Cc}\p{Cf}\x{FFFD}]", "")
    if lower_case:
        texts = lower(texts, keeps_accents=not strip_accents)
    if strip_accents:
        texts = tf.strings.regex_replace(normalize_utf8(texts, "NFD"), r"\p{Mn}", "")
    return texts


def lower(texts: tf.Tensor, *, keeps_accents: bool) -> tf.Tensor:
    """Lower texts by Unicode's rules without a language, whatever the process's locale.

    Args:
        texts: (batch,) string tensor, valid UTF-8.
        keeps_accents: Whether accents matter to what follows; where they do not, less needs to be done.

    Returns:
        (batch,) string tensor.

    Example:
        >>> lower(tf.constant(["Ärger"]), keeps_accents=True).numpy()[0].decode()
        'ärger'
    """
    texts = tf.strings.lower(texts)
    for upper, lowered in _LOCALE_DEPENDENT if keeps_accents else ():  # else their marks go in any locale
        texts = tf.strings.regex_replace(texts, upper, lowered)
    return tf.strings.lower(texts, encoding="utf-8")


@functools.lru_cache(maxsize=4)
def normalized_lengths(*, lower_case: bool, strip_accents: bool) -> tf.Tensor:
    """How many bytes of UTF-8 each character becomes when normalised.

    Neighbours change which bytes a character becomes (the Greek final sigma), never how many, so that this table maps
    the bytes of a normalised text back to the characters of the original.

    Args:
        lower_case: As in `normalize`.
        strip_accents: As in `normalize`.

    Returns:
        (0x110000,) uint8 tensor, indexed by code point; 0 for characters that vanish.
    """
    lengths = np.full(0x110000, 4, np.uint8)  # true where only ideographs, private use or nothing is
    with tf.init_scope(), tf.device("CPU"):  # computed once and eagerly, even if first asked for inside a graph
        for plane in (0, 1, 2, 14):
            code_points = np.arange(plane << 16, (plane + 1) << 16, dtype=np.int32)
            # Surrogates are not characters: no valid text has them, and they cannot be encoded.
            characters = tf.strings.unicode_encode(code_points[:, np.newaxis], "UTF-8", errors="ignore")
            normalized = normalize(characters, lower_case=lower_case, strip_accents=strip_accents)
            lengths[code_points] = tf.strings.length(normalized).numpy()
        return tf.constant(lengths)
