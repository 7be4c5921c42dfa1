"""SentencePiece's kernel of tensorflow-text, of a kind that lives as long as the process."""

import hashlib

import tensorflow as tf

from bert_keras.data.tokenization.tensorflow_text_kernels import sentencepiece_ops

# The most probable pieces, without random ones, special ones at the ends or reversal.
_OPTIONS = dict(
    nbest_size=0, alpha=1.0, add_bos=False, add_eos=False, reverse=False, out_type=tf.int32, return_nbest=False
)


class SentencePieceKernel(tf.saved_model.experimental.TrackableResource):
    """Cuts strings by a model of SentencePiece.

    Models are kept by their content: tokenizers of the same share one, which is never freed.

    Args:
        model: A serialised `ModelProto`, checked: of a damaged one the kernel may read beyond its end.

    Raises:
        tf.errors.InternalError: The model is none.
    """

    def __init__(self, model: bytes):
        super().__init__()
        self._model, self._name = model, f"bert_keras_{hashlib.sha256(model).hexdigest()}"
        _ = self.resource_handle  # made now: a faulty model is refused here

    def _create_resource(self):
        # `SentencepieceTokenizer` has its model in a resource without a name, which goes with TensorFlow's cache of
        # kernels: whoever sets a seed clears that (tf.random.set_seed, keras.utils.set_random_seed), and the tokenizer
        # is dead. One with a name stays, and only the op takes a name.
        with tf.device("CPU"):
            return sentencepiece_ops.sentencepiece_op(model=self._model, shared_name=self._name)

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return the int32 ids of (batch,) strings, (batch, tokens)."""
        values, row_splits = sentencepiece_ops.sentencepiece_tokenize_op(self.resource_handle, texts, **_OPTIONS)
        return tf.RaggedTensor.from_row_splits(values, row_splits, validate=False)

    def tokenize_with_first_bytes(self, texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Return the int32 ids of (batch,) strings and the byte at which each begins, both (batch, tokens)."""
        values, row_splits, first_bytes, _ = sentencepiece_ops.sentencepiece_tokenize_with_offsets_op(
            self.resource_handle, texts, **_OPTIONS
        )
        ids = tf.RaggedTensor.from_row_splits(values, row_splits, validate=False)
        return ids, ids.with_values(first_bytes)
