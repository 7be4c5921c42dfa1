"""Every character that Unicode assigns, normalised and cut as Google's rules say."""

import importlib.util
import unicodedata
from pathlib import Path

import pytest
import tensorflow as tf

from bert_keras.data.tokenization.normalization import normalize, normalized_lengths
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

spec = importlib.util.spec_from_file_location("reference_tokenizer", Path(__file__).with_name("reference_tokenizer.py"))
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

# Capitals of Unicode 14 and 16, which the ICU inside TensorFlow 2.21 (Unicode 13) does not lower.
TOO_NEW = {0x2C2F, 0xA7C0, 0xA7CB, 0xA7CC, 0xA7D0, 0xA7D6, 0xA7D8, 0xA7DA, 0xA7DC}
TOO_NEW |= {*range(0x10570, 0x10596), *range(0x10D50, 0x10D66)}
# Ideographs and syllables all behave like the first and the last of their block, which stay in.
ALIKE = {*range(0x3402, 0x4DBF), *range(0x4E02, 0x9FFC), *range(0xAC20, 0xD7A0), *range(0x20002, 0x2A6D6)}
ALIKE |= {*range(0x17002, 0x187F0), *range(0x2A702, 0x2EBE0), *range(0x30002, 0x3134A)}
SPACES = str.maketrans("\t\n\r", "   ")  # where the reference cuts without replacing
CHARACTERS = [
    chr(code_point)
    for code_point in sorted({*range(0x32000), *range(0xE0000, 0xE0200)} - TOO_NEW - ALIKE)
    if unicodedata.category(chr(code_point)) not in ("Cn", "Co", "Cs")
]


@pytest.mark.parametrize("lower_case", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False])
def test_every_character_is_normalised_as_in_the_reference(lower_case, strip_accents):
    rules = {"lower_case": lower_case, "strip_accents": strip_accents}
    normalized = [text.decode() for text in normalize(tf.constant(CHARACTERS), **rules).numpy()]
    lengths = normalized_lengths(**rules).numpy()
    for character, text in zip(CHARACTERS, normalized, strict=True):
        expected = "".join(part for part, _ in reference.normalize(character, **rules))
        assert (ascii(character), text) == (ascii(character), expected.translate(SPACES))
        assert lengths[ord(character)] == len(text.encode())


@pytest.mark.parametrize("lower_case", [True, False])
def test_every_character_cuts_words_as_in_the_reference(lower_case):
    texts = [f"a{character}b" for character in CHARACTERS]
    tokenizer = WordPieceTokenizer(["[UNK]"], lower_case=lower_case)  # so that each word is one token
    _, starts, ends = tokenizer.tokenize_with_offsets(texts)
    for text, row_starts, row_ends in zip(texts, starts.to_list(), ends.to_list(), strict=True):
        words = reference.words(reference.normalize(text, lower_case, lower_case))
        expected = [(word[0][1], word[-1][1] + 1) for word in words]
        assert (ascii(text), list(zip(row_starts, row_ends, strict=True))) == (ascii(text), expected)
