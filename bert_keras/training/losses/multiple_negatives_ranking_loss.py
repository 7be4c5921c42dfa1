"""Each text shall find its own partner among all partners of the batch."""

from typing import Any

import keras
from keras import ops

from bert_keras.training.losses.sentence_loss import SentenceLoss, check_similarity, unit_vectors
from bert_keras.types import Tensor

_FAR = -1e9


@keras.saving.register_keras_serializable(package="bert_keras")
class MultipleNegativesRankingLoss(SentenceLoss):
    """Cross-entropy of each anchor's positive against all positives and negatives of the batch.

    Rows are (anchor, positive) or (anchor, positive, negatives ...); their order in the batch does not matter. With
    the same text twice it is SimCSE: dropout makes two vectors of it. The larger the batch, the harder the question:
    see `mini_batch_size` of `bert_keras.models.SentenceEncoder` for batches that do not fit.

    Args:
        scale: what similarities are multiplied by, the inverse of a temperature. Default 20.
        symmetric: whether each positive must find its anchor, too; the loss is the mean of both. Default False.
        similarity: "cosine" or "dot". Default "cosine".
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch,) int tensor of groups: of two rows with the same number neither has a text that is wrong for the
            other, such as rows of one label, or with one text in common. All different where nothing is known.
        y_pred: (batch, texts, dim) float tensor of two or more texts a row.
        sample_weight: (batch,) float tensor or None; rows of weight 0 are no negatives of others.

    Output:
        float32 scalar tensor, nats a row.

    Raises:
        ValueError: where the scale is not above 0, for another similarity, or for groups that are no whole numbers.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import MultipleNegativesRankingLoss
        >>> vectors = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]], "float32")
        >>> round(float(MultipleNegativesRankingLoss(scale=1.0)(np.array([0, 1]), vectors)), 4)
        0.3133

    Reference:
        [Henderson et al., 2017](https://arxiv.org/abs/1705.00652), section 4.4;
        [Gao, Yao and Chen, 2021](https://arxiv.org/abs/2104.08821) of SimCSE
    """

    num_texts = (2, None)
    needs_whole_batch = True

    def __init__(
        self, *, scale: float = 20.0, symmetric: bool = False, similarity: str = "cosine", **kwargs: Any
    ):  # fmt: skip
        if not scale > 0:
            raise ValueError(f"Expected a scale above 0, received {scale}.")
        super().__init__(**kwargs)
        self.scale = scale
        self.symmetric = symmetric
        self.similarity = check_similarity(similarity)

    def targets(self, y_true: Tensor) -> Tensor:
        """Call each group by the number of its first row, which float32 holds exactly, as it may not those given."""
        if not keras.backend.is_int_dtype(y_true.dtype):
            raise ValueError(
                f"MultipleNegativesRankingLoss takes the number of each row's group, (batch,) int, and compares rows "
                f"of different groups; received {keras.backend.standardize_dtype(y_true.dtype)}. np.arange(rows) says "
                "that all are different; scores are for CoSENTLoss, 1 and 0 for ContrastiveLoss."
            )
        groups = ops.reshape(y_true, (-1,))
        is_same = ops.equal(ops.expand_dims(groups, 1), ops.expand_dims(groups, 0))
        return ops.cast(ops.argmax(ops.cast(is_same, "int32"), axis=1), "float32")

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        groups, counts = y_true
        vectors = unit_vectors(y_pred) if self.similarity == "cosine" else y_pred
        anchors, others = vectors[:, 0], vectors[:, 1:]  # (batch, dim), (batch, others, dim)
        scores = self.scale * ops.einsum("id,jkd->ikj", anchors, others)  # (batch, others, batch)
        is_own = ops.eye(ops.shape(groups)[0], dtype="bool")
        is_other_group = ops.not_equal(ops.expand_dims(groups, 1), ops.expand_dims(groups, 0))
        is_seen = ops.logical_or(is_own, ops.logical_and(is_other_group, ops.expand_dims(counts > 0, 0)))
        scores = ops.where(ops.expand_dims(is_seen, 1), scores, _FAR)
        # The same numbers on both sides: a row that is compared with none has a loss of 0 to the bit.
        loss = ops.logsumexp(scores, axis=(1, 2)) - ops.diagonal(scores[:, 0])  # (batch,)
        if self.symmetric:
            back = ops.where(is_seen, self.scale * ops.matmul(others[:, 0], ops.transpose(anchors)), _FAR)
            loss = (loss + ops.logsumexp(back, axis=1) - ops.diagonal(back)) / 2
        return loss

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "scale": self.scale,
            "symmetric": self.symmetric,
            "similarity": self.similarity,
        }
