"""Single libraries of tensorflow-text give what the whole package gives, and live beside it in one process."""

import subprocess
import sys

import pytest
import tensorflow as tf

from bert_keras.data.tokenization.tensorflow_text_kernels import WordPieceKernel, normalize_utf8

VOCABULARY = ["[UNK]", "na", "##ive", "a", "!", "##a"]
TEXTS = ["a naive!", "", "unknown naa", "e\u0301 ﬁ Å"]
BESIDE_THE_PACKAGE = """
import sys
from bert_keras.data import WordPieceTokenizer

assert "tensorflow_text" not in sys.modules
tokenizer = WordPieceTokenizer(["[UNK]", "na", "##ive"])
import tensorflow_text

whole = tensorflow_text.FastWordpieceTokenizer(["[UNK]", "na", "##ive"])
assert tokenizer(["naive"]).to_list() == whole.tokenize(["naive"]).to_list() == [[1, 2]]
"""
BEHIND_THE_PACKAGE = (
    "import tensorflow_text\nfrom bert_keras.data import WordPieceTokenizer\n"
    + BESIDE_THE_PACKAGE[BESIDE_THE_PACKAGE.index("tokenizer = ") :]
)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_texts_are_normalised_as_by_the_package(form):
    import tensorflow_text

    expected = tensorflow_text.normalize_utf8(TEXTS, form).numpy().tolist()
    assert normalize_utf8(tf.constant(TEXTS), form).numpy().tolist() == expected


@pytest.mark.parametrize("max_bytes", [4, 100])
def test_words_are_cut_as_by_the_package(max_bytes):
    import tensorflow_text

    whole = tensorflow_text.FastWordpieceTokenizer(VOCABULARY, max_bytes_per_word=max_bytes, token_out_type=tf.int32)
    kernel = WordPieceKernel(VOCABULARY, unknown_token="[UNK]", max_bytes_per_word=max_bytes)
    ours, theirs = (some.tokenize_with_offsets(tf.constant(TEXTS)) for some in (kernel, whole))
    assert [(part.dtype, part.to_list()) for part in ours] == [(part.dtype, part.to_list()) for part in theirs]


@pytest.mark.parametrize("program", [BESIDE_THE_PACKAGE, BEHIND_THE_PACKAGE], ids=["before", "behind"])
def test_a_process_with_the_package_too_ends_well(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
