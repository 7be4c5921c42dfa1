"""A sentence encoder learns from the classes of pairs: a softmax over both vectors and their difference."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers import ClassificationHead
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.sentence_encoder import SentenceEncoder
from bert_keras.training.losses.loss_terms import LossTerms
from bert_keras.training.target_checks import TargetChecks
from bert_keras.training.target_kinds import CLASSES
from bert_keras.training.token_statistics import TokenStatistics
from bert_keras.training.traced_once import TracedOnce


@keras.saving.register_keras_serializable(package="bert_keras")
class SentencePairClassifier(LossTerms, TokenStatistics, TargetChecks, TracedOnce, BatchInputs):
    """Sorts pairs of texts into classes, such as entailment: a dense layer over their vectors, (u, v, |u-v|).

    It is there to train the sentence encoder, whose layers it shares: train this model, and save that one. Who wants
    the classes themselves is served better by a `TextClassifier` of pairs, which reads both texts at once.

    Inputs are those of the sentence encoder, with 2 texts a row. Output is (batch, num_classes) float32 logits.

    Args:
        sentence_encoder: `SentenceEncoder`.
        num_classes: number of classes.
        **kwargs: arguments of `keras.Model`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, SentenceEncoder, SentencePairClassifier
        >>> sentence_encoder = SentenceEncoder(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False))
        >>> classifier = SentencePairClassifier(sentence_encoder, num_classes=3)
        >>> ids = np.array([[[2, 17, 3], [2, 45, 3]]])
        >>> classifier({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 3)
        True

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3, classification
    """

    target_kinds = CLASSES

    def __init__(self, sentence_encoder: SentenceEncoder, num_classes: int, **kwargs: Any):
        inputs = {name: keras.Input((2, None), dtype="int32", name=name) for name in sentence_encoder.input}
        vectors = sentence_encoder(inputs)
        first, second = vectors[:, 0], vectors[:, 1]
        head = ClassificationHead(num_classes, dtype="float32", name="sentence_pair_classification_head")
        outputs = head(ops.concatenate([first, second, ops.absolute(first - second)], axis=-1))
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.sentence_encoder = sentence_encoder
        self.num_classes = num_classes

    @property
    def encoder(self) -> keras.Model:
        """The encoder of the sentence encoder."""
        return self.sentence_encoder.encoder

    def get_config(self) -> dict[str, Any]:
        encoder = keras.saving.serialize_keras_object(self.sentence_encoder)
        return {"name": self.name, "sentence_encoder": encoder, "num_classes": self.num_classes}

    @classmethod
    def from_config(cls, config: dict) -> "SentencePairClassifier":
        """Build the model from its config."""
        encoder = keras.saving.deserialize_keras_object(config["sentence_encoder"])
        return cls(**config | {"sentence_encoder": encoder})
