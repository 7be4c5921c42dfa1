"""Pairs with scores or labels, each by itself: cosines that shall be numbers, near and far pairs, triplets."""

from typing import Any

import keras
from keras import ops

from bert_keras.training.losses.sentence_loss import SentenceLoss, similar, unit_vectors
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class CosineSimilarityLoss(SentenceLoss):
    """Squared difference between the cosine of a pair and its score.

    Args:
        reduction: as for `SentenceLoss`.
        name: as for `SentenceLoss`.
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch,) float tensor of cosines that are wanted, from -1 to 1.
        y_pred: (batch, 2, dim) float tensor.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import CosineSimilarityLoss
        >>> float(CosineSimilarityLoss()(np.array([0.5]), np.array([[[1.0, 0.0], [0.0, 1.0]]], "float32")))
        0.25

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3, regression
    """

    num_texts = (2, 2)
    target_range = (-1, 1)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return ops.square(similar(y_pred[:, 0], y_pred[:, 1], "cosine") - ops.reshape(y_true[0], (-1,)))


@keras.saving.register_keras_serializable(package="bert_keras")
class ContrastiveLoss(SentenceLoss):
    """Draws pairs of label 1 together and pushes those of label 0 apart, as far as a margin.

    Half the square of the cosine distance, 1 - cosine, or of what it lacks to the margin.

    Args:
        margin: cosine distance from which on a pair of label 0 is left alone. Default 0.5.
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch,) tensor of 1 and 0.
        y_pred: (batch, 2, dim) float tensor.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import ContrastiveLoss
        >>> vectors = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]], "float32")
        >>> float(ContrastiveLoss()(np.array([1, 0]), vectors)) == (0.5 + 0.5 * 0.5**2) / 2
        True

    Reference:
        [Hadsell, Chopra and LeCun, 2006](https://doi.org/10.1109/CVPR.2006.100)
    """

    num_texts = (2, 2)
    target_range = (0, 1)

    def __init__(self, *, margin: float = 0.5, **kwargs: Any):
        super().__init__(**kwargs)
        self.margin = margin

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels = ops.reshape(y_true[0], (-1,))
        distances = 1 - similar(y_pred[:, 0], y_pred[:, 1], "cosine")
        lacking = ops.relu(self.margin - distances)
        return (labels * ops.square(distances) + (1 - labels) * ops.square(lacking)) / 2

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"margin": self.margin}


@keras.saving.register_keras_serializable(package="bert_keras")
class TripletLoss(SentenceLoss):
    """Pushes a negative farther from its anchor than the positive, by a margin.

    Args:
        margin: how much farther. Default 5, for Euclidean distances of vectors that are not normalised; cosine
            distances are at most 2.
        distance: "euclidean", "cosine", which is 1 - cosine, or "manhattan". Default "euclidean".
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch,) tensor, which is not looked at.
        y_pred: (batch, 3, dim) float tensor of anchors, positives and negatives.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: for another distance.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import TripletLoss
        >>> vectors = np.array([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]], "float32")
        >>> round(float(TripletLoss(margin=1.0)(np.zeros(1), vectors)), 4)
        5.0

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3, triplets
    """

    num_texts = (3, 3)

    def __init__(self, *, margin: float = 5.0, distance: str = "euclidean", **kwargs: Any):
        if distance not in _DISTANCES:
            raise ValueError(f"Expected distance to be one of {', '.join(_DISTANCES)}; received {distance!r}.")
        super().__init__(**kwargs)
        self.margin = margin
        self.distance = distance

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        distances = _DISTANCES[self.distance](y_pred[:, :1], y_pred[:, 1:])  # (batch, 2)
        return ops.relu(distances[:, 0] - distances[:, 1] + self.margin)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"margin": self.margin, "distance": self.distance}


def _euclidean(first, second):
    # The root has no slope at 0, where two texts are the same.
    return ops.sqrt(ops.maximum(ops.sum(ops.square(first - second), axis=-1), 1e-12))


def _cosine(first, second):
    return 1 - ops.sum(unit_vectors(first) * unit_vectors(second), axis=-1)


def _manhattan(first, second):
    return ops.sum(ops.absolute(first - second), axis=-1)


_DISTANCES = {"euclidean": _euclidean, "cosine": _cosine, "manhattan": _manhattan}
