"""Trains a classifier's head alone, on vectors that the frozen blocks make once."""

from collections.abc import Iterable, Mapping

import keras
import numpy as np

from bert_keras.models.text_classifier import TextClassifier
from bert_keras.training.losses.loss_terms import LossTerms


def head_only(
    classifier: TextClassifier, datasets: Mapping[str, Iterable], *, batch_size: int = 32, seed: int = 0
) -> tuple[keras.Model, dict[str, "VectorBatches"]]:
    """Encode datasets once, and give the head as a model of its own that trains on the vectors.

    The blocks see each text once instead of once an epoch, and without dropout. The pooler, where the classifier uses
    one, learns with the head: many presets come without a trained one. Both are the classifier's own: train the model
    that comes back, then evaluate, predict with and save the classifier.

    Args:
        classifier: `TextClassifier`; its embeddings and blocks are frozen by this.
        datasets: dict of a part's name to batches (x, y, sample_weight), as `classification_dataset` makes them; each
            is read once, so it must end. Rows of weight 0, which fill up a batch, are left out.
        batch_size: vectors a batch.
        seed: int that settles the order of the part called "train" in each epoch; other parts keep theirs.

    Returns:
        (`keras.Model` from vectors to logits, dict of a part's name to its `VectorBatches`). A vector is (batch, 1,
        hidden_dim) for a pooler, (batch, hidden_dim) without one.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TextClassifier, head_only
        >>> classifier = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=100), num_classes=3)
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> head, vectors = head_only(classifier, {"train": [(x, np.array([2]), np.array([1.0]))]})
        >>> head.predict(vectors["train"], verbose=0).shape == (1, 3)
        True
    """
    model, encode = head_and_vectors(classifier)
    seeds = {"train": seed}
    return model, {part: _encoded(encode, some, batch_size, seeds.get(part)) for part, some in datasets.items()}


def head_and_vectors(classifier: TextClassifier) -> tuple[keras.Model, keras.Model]:
    """Part a classifier in two: the head as a model of vectors, and the frozen blocks as the model that makes them.

    Args:
        classifier: `TextClassifier`; its embeddings and blocks are frozen by this.

    Returns:
        `keras.Model` from vectors to logits, with the pooler where the classifier uses one; and `keras.Model` from the
        encoder's inputs to vectors. Both share the classifier's weights.

    Example:
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> head, encode = head_and_vectors(TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=100), 3))
        >>> head.input_shape == encode.output_shape
        True
    """
    encoder, head = classifier.encoder, classifier.head_layer
    encoder.freeze_lowest(len(encoder.encoder_blocks))
    has_pooler = classifier.pooling == "pooled"
    # A pooler looks at the first token alone.
    encoded = encoder(classifier.input)["sequence_output"][:, :1] if has_pooler else head.input
    vectors = keras.Input(encoded.shape[1:], dtype=encoded.dtype, name="vectors")
    pooled = encoder.get_layer("pooler")(vectors) if has_pooler else vectors
    model = _Head(vectors, head(pooled), name=f"{classifier.name}_head")
    return model, keras.Model(classifier.input, encoded, name=f"{classifier.name}_vectors")


class _Head(LossTerms, keras.Model):
    """The model that `head_only` gives: it can be trained with R-Drop."""


class VectorBatches(keras.utils.PyDataset):
    """Batches of (vectors, y, sample_weight) out of arrays, in a new order each epoch where a seed is given.

    Args:
        vectors: (examples, ...) array.
        y: (examples, ...) array.
        sample_weight: (examples,) array.
        batch_size: rows a batch; the last one may have fewer.
        seed: int for a new order each epoch, None for the order given.
    """

    def __init__(
        self, vectors: np.ndarray, y: np.ndarray, sample_weight: np.ndarray, batch_size: int, seed: int | None = None
    ):
        super().__init__()
        self.arrays = vectors, y, sample_weight
        self.batch_size = batch_size
        self.seed = seed
        self._epoch = -1
        self.on_epoch_begin()

    def on_epoch_begin(self) -> None:
        """Draw the order of the next epoch."""
        self._epoch += 1
        size = len(self.arrays[0])
        self._order = np.arange(size)
        if self.seed is not None:
            self._order = np.random.default_rng((self.seed, self._epoch)).permutation(size)

    def __len__(self):
        return -(-len(self._order) // self.batch_size)

    def __getitem__(self, index):
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        return tuple(array[rows] for array in self.arrays)


def _encoded(encode, dataset, batch_size, seed):
    parts = []
    for batch in dataset:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        sample_weight = np.ones(len(y), "float32") if sample_weight is None else sample_weight
        x = keras.tree.map_structure(np.asarray, x)  # tf.data gives TensorFlow's tensors to every backend
        y, sample_weight = np.asarray(y), np.asarray(sample_weight)
        counts = sample_weight > 0
        parts.append((np.asarray(encode.predict_on_batch(x))[counts], y[counts], sample_weight[counts]))
    return VectorBatches(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)), batch_size, seed)
