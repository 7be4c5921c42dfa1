"""The encoder with a head that tells the relation between two marked entities."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.layers import RelationHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.pretrained_classes import check_labels, pretrained_classes
from bert_keras.models.task_model import TaskModel
from bert_keras.training.target_kinds import CLASSES


@keras.saving.register_keras_serializable(package="bert_keras")
class RelationClassifier(TaskModel):
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

    heads, head_name, target_kinds = ("relation_head",), "relations", CLASSES

    def __init__(
        self, encoder: BertEncoder, num_classes: int, *, labels: Sequence[str] | None = None,
        markers: Sequence[str] = ("$", "#"), dropout: float = 0.1, dtype: str | keras.DTypePolicy | None = None,
        **kwargs: Any,
    ):  # fmt: skip
        check_labels(labels, num_classes)
        head = RelationHead(
            num_classes, dropout=dropout, kernel_initializer=encoder.kernel_initializer,
            dtype=dtype or encoder.dtype_policy, name="relation_head",
        )  # fmt: skip
        inputs = encoder.new_inputs()
        positions = keras.Input((2,), dtype="int32", name="entity_positions")
        outputs = head(encoder(inputs)["sequence_output"], positions)
        super().__init__(encoder, inputs | {"entity_positions": positions}, outputs, dtype=dtype, **kwargs)
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
    def preset_arguments(
        cls,
        checkpoint: Checkpoint,
        *,
        num_classes: int | None = None,
        labels: Sequence[str] | None = None,
        **asked: Any,
    ) -> tuple[dict, bool]:
        """Decide whether the preset's head is for these relations."""
        classes, is_trained = pretrained_classes(checkpoint, "relation_head", num_classes, labels)
        return checkpoint.settings | asked | classes, is_trained
