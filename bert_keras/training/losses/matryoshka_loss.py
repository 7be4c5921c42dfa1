"""Vectors of which the first numbers alone are good vectors, too."""

from collections.abc import Sequence
from typing import Any

import keras

from bert_keras.training.losses.sentence_loss import SentenceLoss, unit_vectors
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MatryoshkaLoss(keras.losses.Loss):
    """Adds up a loss of the first numbers of each vector, for several widths, each cut and scaled to length 1.

    Args:
        loss: `SentenceLoss` of a width, or another loss of (batch, texts, dim) vectors.
        dims: the widths, such as (384, 192, 96); that of the whole vector should be among them.
        weights: what the loss of each width counts, None for 1 each.
        name: name of the loss.

    Call arguments:
        y_true: as for `loss`.
        y_pred: as for `loss`, at least as wide as the widest of `dims`.
        sample_weight: as for `loss`.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: where there are no widths, or not as many weights; where the vectors are narrower than one.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import CosineSimilarityLoss, MatryoshkaLoss
        >>> vectors = np.array([[[1.0, 0.0], [0.0, 1.0]]], "float32")
        >>> loss = MatryoshkaLoss(CosineSimilarityLoss(), dims=(2, 1), weights=(1.0, 0.5))
        >>> float(loss(np.array([0.5]), vectors)) == 1.0 * 0.5**2 + 0.5 * 0.5**2
        True

    Reference:
        [Kusupati et al., 2022](https://arxiv.org/abs/2205.13147), section 3
    """

    def __init__(
        self,
        loss: SentenceLoss,
        dims: Sequence[int],
        *,
        weights: Sequence[float] | None = None,
        name: str = "matryoshka_loss",
    ):
        self.loss = keras.saving.deserialize_keras_object(loss) if isinstance(loss, dict) else loss
        super().__init__(name=name, reduction=self.loss.reduction)
        self.dims = tuple(dims)
        self.weights = (1.0,) * len(self.dims) if weights is None else tuple(weights)
        if not self.dims or min(self.dims) < 1 or len(self.weights) != len(self.dims):
            raise ValueError(
                f"Expected dims of 1 or more, and a weight for each of them; received {self.dims} and {self.weights}."
            )

    @property
    def needs_whole_batch(self) -> bool:
        """Whether the loss of a width compares rows with each other."""
        return getattr(self.loss, "needs_whole_batch", False)

    @property
    def reduction(self) -> str:
        """That of the loss of a width."""
        return self.loss.reduction

    @reduction.setter
    def reduction(self, value: str) -> None:
        self.loss.reduction = value

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        width = y_pred.shape[-1]
        if max(self.dims) > width:
            raise ValueError(f"Expected vectors as wide as the largest of dims, {max(self.dims)}; received {width}.")
        parts = (unit_vectors(keras.ops.cast(y_pred[..., :dim], "float32")) for dim in self.dims)
        losses = (self.loss(y_true, part, sample_weight) for part in parts)
        return sum(weight * loss for weight, loss in zip(self.weights, losses))

    def get_config(self) -> dict[str, Any]:
        loss = keras.saving.serialize_keras_object(self.loss)
        return {"loss": loss, "dims": list(self.dims), "weights": list(self.weights), "name": self.name}
