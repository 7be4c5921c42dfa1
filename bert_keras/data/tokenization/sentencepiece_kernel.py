"""SentencePiece's kernel of tensorflow-text, of a kind that lives as long as the process."""

import hashlib

import tensorflow as tf

# `SentencepieceTokenizer` has its model in a resource without a name, which goes with TensorFlow's cache of kernels:
# whoever sets a seed clears that (tf.random.set_seed, keras.utils.set_random_seed), and the tokenizer is dead. One with
# a name stays. The class does not let one give a name, the op below it does.
from tensorflow_text.python.ops.sentencepiece_tokenizer import gen_sentencepiece_tokenizer as _ops


class SentencePieceKernel(tf.saved_model.experimental.TrackableResource):
    """Gives the ids of strings, each encoded as a whole.

    Models are kept by their content: tokenizers of the same share one, which is never freed.

    Args:
        model: A serialised `ModelProto`.

    Raises:
        tf.errors.InternalError: The model is none.
    """

    def __init__(self, model: bytes):
        super().__init__()
        self._model, self._name = model, hashlib.sha256(model).hexdigest()
        _ = self.resource_handle  # made now: a faulty model is refused here

    def _create_resource(self):
        with tf.device("CPU"):
            return _ops.sentencepiece_op(model=self._model, shared_name=self._name)

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids of (batch,) strings, (batch, tokens) int32."""
        options = {"nbest_size": 0, "alpha": 1.0, "add_bos": False, "add_eos": False, "reverse": False}
        values, splits = _ops.sentencepiece_tokenize_op(self.resource_handle, texts, **options, out_type=tf.int32)
        return tf.RaggedTensor.from_row_splits(values, splits, validate=False)
