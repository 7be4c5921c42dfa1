"""What happens to a text before a unigram model cuts it: ALBERT's accents and lower case; kinds of spaces."""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.character_map import CharacterMap
from bert_keras.data.tokenization.normalization import lower
from bert_keras.data.tokenization.tensorflow_text_kernels import normalize_utf8

FILLER = "\ufdd0"  # a code point that never will be a character; keeps a place that normalisation removes
# White space by Unicode, and SentencePiece's own sign for a space.
_SPACES = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
_SPACES += "\u202f\u205f\u3000\u2581"


class CharacterWidths(NamedTuple):
    """What each code point becomes, as tensors of 0x110000 entries.

    Attributes:
        num_bytes: uint8, bytes after `normalize_accents_and_case`, which are what the kernel counts.
        num_visible: uint8, characters other than spaces when the character map has been at them, too.
    """

    num_bytes: tf.Tensor
    num_visible: tf.Tensor


def other_spaces(character_map: CharacterMap) -> str:
    r"""Return the white space that a character map does not make a space or remove: words end there all the same.

    Example:
        >>> other_spaces(CharacterMap())[:3]
        '\t\n\x0b'
    """
    return "".join(space for space in _SPACES if space != " " and character_map.of_character(space) == space)


def normalize_accents_and_case(texts: tf.Tensor, *, lower_case: bool, strip_accents: bool) -> tf.Tensor:
    """Do what ALBERT does to a text before SentencePiece: each step by option, in this order.

    Compatibility decomposition and removal of non-spacing marks; lower case, each letter by itself. Characters are what
    TensorFlow's tables say.

    Args:
        texts: (batch,) string tensor, valid UTF-8 without NUL, which TensorFlow takes for a text's end. `FILLER` is
            removed.
        lower_case: Whether letters are lowered.
        strip_accents: Whether accents are removed.

    Returns:
        (batch,) string tensor.

    Example:
        >>> normalize_accents_and_case(tf.constant(["Ça ﬁt"]), lower_case=True, strip_accents=True).numpy()[0]
        b'ca fit'

    Reference:
        `AlbertTokenizer` of transformers; `preprocess_text` of https://github.com/google-research/albert
    """
    if strip_accents:
        texts = tf.strings.regex_replace(normalize_utf8(texts, "NFKD"), r"\p{Mn}", "")
    if lower_case:
        # At a word's end TensorFlow makes it a final sigma, the tokenizers of transformers do not.
        texts = lower(tf.strings.regex_replace(texts, "Σ", "σ"), keeps_accents=not strip_accents)
    return tf.strings.regex_replace(texts, FILLER, "")


@functools.lru_cache(maxsize=4)
def character_widths(character_map: CharacterMap, *, lower_case: bool, strip_accents: bool) -> CharacterWidths:
    """Tabulate what each code point becomes, so that a token's bytes lead back to the characters of the text.

    Args:
        character_map: The model's, which is applied last.
        lower_case: As in `normalize_accents_and_case`.
        strip_accents: As in `normalize_accents_and_case`.
    """
    mapped = np.ones(0x110000, np.int64)
    mapped[ord(" ")] = 0
    for code_point, text in character_map.of_characters().items():
        mapped[code_point] = sum(character != " " for character in text)
    num_bytes, num_visible = np.full(0x110000, 4, np.uint8), np.ones(0x110000, np.uint8)
    with tf.init_scope(), tf.device("CPU"):  # computed once and eagerly, even if first asked for inside a graph
        for plane in (0, 1, 2, 14):
            code_points = np.arange(max(1, plane << 16), (plane + 1) << 16, dtype=np.int32)
            # Surrogates are not characters: no valid text has them, and they cannot be encoded.
            characters = tf.strings.unicode_encode(code_points[:, np.newaxis], "UTF-8", errors="ignore")
            normalized = normalize_accents_and_case(characters, lower_case=lower_case, strip_accents=strip_accents)
            num_bytes[code_points] = tf.strings.length(normalized).numpy()
            became = tf.strings.unicode_decode(normalized, "UTF-8")
            visible_before = np.concatenate([[0], np.cumsum(mapped[became.values.numpy()])])
            num_visible[code_points] = np.minimum(np.diff(visible_before[became.row_splits.numpy()]), 255)
        return CharacterWidths(tf.constant(num_bytes), tf.constant(num_visible))
