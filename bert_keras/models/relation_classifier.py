"""The encoder with a head that tells the relation between two marked entities."""

import keras
import numpy as np

from bert_keras.layers import RelationHead
from bert_keras.models.around_encoder import AroundEncoder, check_labels
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_classes, pretrained_encoder
from bert_keras.models.saved_model import open_preset
from bert_keras.training.target_kinds import CLASSES
from bert_keras.training.token_statistics import TokenStatistics


@keras.saving.register_keras_serializable(package="bert_keras")
class RelationClassifier(TokenStatistics, Presets, AroundEncoder, BatchInputs, keras.Model):
    """Tells the relation between two entities of a text, which stand between marker tokens.

    Inputs are those of the encoder, and `entity_positions` (batch, 2) int32, where the opening markers stand. Output is
    (batch, num_classes) float32 logits. `bert_keras.data.relation_dataset` makes such batches.

    Args:
        encoder: `BertEncoder`; its pooler is not used, so nothing trains one: `pooler=False` spares Keras a warning.
        num_classes: number of relations; a relation counts once for each direction that it may have.
        labels: names of the relations in the order of their logits, or None.
        markers: the tokens that mark the first and the second entity, kept in presets. Default `$` and `#`.
        dropout: rate of the dropout before the head. Default 0.1.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `labels` are not `num_classes` different names.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, RelationClassifier
        >>> classifier = RelationClassifier(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False), 19)
        >>> ids = np.array([[2, 17, 45, 17, 9, 45, 9, 3]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> classifier(x | {"entity_positions": np.array([[1, 4]])}).shape == (1, 19)
        True

    Reference:
        [Baldini Soares et al., 2019](https://arxiv.org/abs/1906.03158), section 3.2.
    """

    def __init__(self, encoder, num_classes, *, labels=None, markers=("$", "#"), dropout=0.1, dtype=None, **kwargs):
        check_labels(labels, num_classes)
        dtype = dtype or encoder.dtype_policy

        # === Layers ===
        head = RelationHead(
            num_classes, dropout=dropout, kernel_initializer=encoder.kernel_initializer, dtype=dtype,
            name="relation_head",
        )  # fmt: skip

        # === Functional model ===
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in encoder.input}
        positions = keras.Input((2,), dtype="int32", name="entity_positions")
        outputs = head(encoder(inputs)["sequence_output"], positions)
        super().__init__(inputs=inputs | {"entity_positions": positions}, outputs=outputs, **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
        self.num_classes = num_classes
        self.labels = labels if labels is None else list(labels)
        self.markers = tuple(markers)
        self.dropout = dropout

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """Pick the best relation of each text.

        Args:
            scores: (batch, num_classes) array of logits or probabilities.

        Returns:
            (batch,) integer array of the relations' numbers.
        """
        return np.asarray(scores).argmax(-1)

    @classmethod
    def from_preset(cls, directory, num_classes=None, *, labels=None, markers=None, dropout=None, **overrides):
        """Load the encoder, and the head where the preset has one for as many relations; otherwise the head is new.

        Args:
            directory: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
            num_classes: number of relations, None for as many as there are labels, or as the preset's head has.
            labels: names of the relations, None for those of the preset's head.
            markers: the two marker tokens, None for the preset's.
            dropout: rate of the dropout in the encoder and before the head, None for the preset's.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, a weight does not fit, the
                number of relations cannot be told, or the head was trained for other `labels`.
        """
        checkpoint = open_preset(directory)
        num_classes, labels, new = pretrained_classes(checkpoint, "relation_head", num_classes, labels)
        classifier = cls(
            pretrained_encoder(checkpoint, pooler=False, dropout=dropout, **overrides),
            num_classes,
            labels=labels,
            markers=markers or checkpoint.task.get("markers", ("$", "#")),
            dropout=checkpoint.classifier_dropout if dropout is None else dropout,
        )
        classifier._load(checkpoint, new=new)
        return classifier

    def _huggingface_form(self):
        return "BertModel", {
            "labels": self.labels and list(self.labels),
            "num_classes": self.num_classes,
            "classifier_dropout": self.dropout,
            "task": {"head": "relations", "markers": list(self.markers)},
        }

    @property
    def target_kinds(self):
        """What the outputs are asked, for `compile` and the checks of each step."""
        return CLASSES

    def get_config(self):
        return super().get_config() | {
            "num_classes": self.num_classes,
            "labels": self.labels and list(self.labels),
            "markers": list(self.markers),
            "dropout": self.dropout,
        }
