"""The kernels of tensorflow-text that tokenizers here run on, each loaded by itself.

``import tensorflow_text`` loads 30 libraries, most of them with copies of the same code: 119 MiB in each process. Five
of them, 19 MiB, are what we need. Loaded here, they are the same ops by the same names, in saved models too, and the
package can be imported beside them, before or after.
"""

import importlib.util
import pathlib
import sys
from types import ModuleType

import numpy as np
import tensorflow as tf

_BUILDER = "tensorflow_text.core.pybinds.pywrap_fast_wordpiece_tokenizer_model_builder"


def _file_of(*parts: str) -> pathlib.Path:
    package = importlib.util.find_spec("tensorflow_text")  # without importing it
    if package is None:
        raise ImportError("Tokenizers need the package tensorflow_text: pip install tensorflow-text")
    path = pathlib.Path(package.origin).parent.joinpath(*parts)
    if not path.is_file():
        raise ImportError(f"Expected {path} in tensorflow-text: requirements.txt says which versions have it.")
    return path


def _ops(name: str) -> ModuleType:
    return tf.load_op_library(str(_file_of("python", "ops", f"_{name}.so")))


def _model_builder() -> ModuleType:
    # Under its own name: loaded under two, it would be freed twice, and the process end with an error.
    if _BUILDER not in sys.modules:
        path = _file_of("core", "pybinds", f"{_BUILDER.rpartition('.')[2]}.so")
        spec = importlib.util.spec_from_file_location(_BUILDER, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[_BUILDER] = module
    return sys.modules[_BUILDER]


_normalize_ops, _wordpiece_ops = _ops("normalize_ops"), _ops("fast_wordpiece_tokenizer")
sentencepiece_ops = _ops("sentencepiece_tokenizer")


def normalize_utf8(texts: tf.Tensor, form: str) -> tf.Tensor:
    """Bring texts into a normal form of Unicode, as `tensorflow_text.normalize_utf8` does.

    Args:
        texts: String tensor of any shape, valid UTF-8.
        form: "NFC", "NFD", "NFKC" or "NFKD".

    Returns:
        String tensor of the same shape.

    Example:
        >>> normalize_utf8(tf.constant(["e\u0301"]), "NFC").numpy()[0].decode()
        'é'
    """
    return _normalize_ops.normalize_utf8(texts, form)


class WordPieceKernel:
    """Cuts texts into WordPiece at spaces and punctuation, as `tensorflow_text.FastWordpieceTokenizer` does.

    Args:
        tokens: The vocabulary, pieces within a word with ## before them.
        unknown_token: What in it stands for a word that cannot be covered.
        max_bytes_per_word: Longer words become `unknown_token`.

    Raises:
        RuntimeError: The kernel cannot be built from these tokens.

    Example:
        >>> kernel = WordPieceKernel(["[UNK]", "na", "##ive", "a"], unknown_token="[UNK]", max_bytes_per_word=200)
        >>> kernel.tokenize_with_offsets(tf.constant(["a naive"]))[0].to_list()
        [[3, 1, 2]]

    Reference:
        "Fast WordPiece Tokenization", https://arxiv.org/abs/2012.15524
    """

    def __init__(self, tokens: list[str], *, unknown_token: str, max_bytes_per_word: int):
        build = _model_builder().build_fast_wordpiece_model
        model = build(tokens, max_bytes_per_word, "##", unknown_token, False, False)
        self._model = tf.constant(np.frombuffer(model, np.uint8))

    def tokenize_with_offsets(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
        """Return ids, and the bytes at which each token begins and ends, (batch, tokens) all three.

        Args:
            texts: (batch,) strings, valid UTF-8.
        """
        _, ids, row_splits, starts, ends = _wordpiece_ops.fast_wordpiece_tokenize_with_offsets(texts, self._model)
        ids = tf.RaggedTensor.from_row_splits(tf.cast(ids, tf.int32), row_splits, validate=False)
        return ids, ids.with_values(starts), ids.with_values(ends)
