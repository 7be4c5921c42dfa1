"""tensorflow-text's kernel for SentencePiece, with a model that stays where TensorFlow forgets its kernels."""

import hashlib

import tensorflow as tf
from tensorflow_text.python.ops import sentencepiece_tokenizer

_OPS = sentencepiece_tokenizer.gen_sentencepiece_tokenizer
# The most probable pieces, without random ones, special ones at the ends or reversal.
_OPTIONS = dict(
    nbest_size=0, alpha=1.0, add_bos=False, add_eos=False, reverse=False, out_type=tf.int32, return_nbest=False
)


class SentencePieceKernel:
    """Cuts strings by a model of SentencePiece.

    `tensorflow_text.SentencepieceTokenizer` belongs to a kernel of TensorFlow's, and goes with it whenever these are
    forgotten, as by `keras.utils.set_random_seed`. This one has a name and stays: one for each model, until the process
    ends.

    Args:
        model: The bytes of a model file, checked: of a damaged one the kernel may read beyond its end.
    """

    def __init__(self, model: bytes):
        name = hashlib.sha256(model).hexdigest()
        with tf.init_scope(), tf.device("CPU"):
            self._resource = _OPS.sentencepiece_op(model=model, shared_name=f"bert_keras_{name}")

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return the int32 ids of (batch,) strings, (batch, tokens)."""
        values, row_splits = _OPS.sentencepiece_tokenize_op(self._resource, texts, **_OPTIONS)
        return tf.RaggedTensor.from_row_splits(values, row_splits, validate=False)

    def tokenize_with_first_bytes(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Return the int32 ids of (batch,) strings and the byte at which each begins, both (batch, tokens)."""
        values, row_splits, first_bytes, _ = _OPS.sentencepiece_tokenize_with_offsets_op(
            self._resource, texts, **_OPTIONS
        )
        ids = tf.RaggedTensor.from_row_splits(values, row_splits, validate=False)
        return ids, ids.with_values(first_bytes)
