"""Pairs with scores shall come in the order of their scores: CoSENT and AnglE."""

from typing import Any

import keras
from keras import ops

from bert_keras.training.losses.sentence_loss import SentenceLoss, similar, unit_vectors
from bert_keras.types import Tensor

_FAR = -1e9


@keras.saving.register_keras_serializable(package="bert_keras")
class CoSENTLoss(SentenceLoss):
    """Pushes the cosine of each pair above those of all pairs of the batch with a lower score.

    `log(1 + sum of exp(scale * (lower's cosine - higher's)))` over all two pairs of which one has the higher score:
    the order of the scores counts, not what they are, so they may come from any scale.

    Args:
        scale: what similarities are multiplied by. Default 20.
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch,) float tensor of scores, higher for texts that mean more alike.
        y_pred: (batch, 2, dim) float tensor.
        sample_weight: (batch,) float tensor or None; what counts is only whether a weight is 0.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: where the scale is not above 0.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import CoSENTLoss
        >>> vectors = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]], "float32")
        >>> right, wrong = (float(CoSENTLoss(scale=1.0)(np.array(y), vectors)) for y in ([1.0, 0.2], [0.2, 1.0]))
        >>> round(right, 4), round(wrong, 4)
        (0.3133, 1.3133)

    Reference:
        [Huang et al., 2024](https://doi.org/10.1109/TASLP.2024.3402087); https://kexue.fm/archives/8847
    """

    num_texts = (2, 2)
    needs_whole_batch = True

    def __init__(self, *, scale: float = 20.0, **kwargs: Any):
        if not scale > 0:
            raise ValueError(f"Expected a scale above 0, received {scale}.")
        super().__init__(**kwargs)
        self.scale = scale

    def similarities(self, first: Tensor, second: Tensor) -> Tensor:
        """Compare the texts of each pair.

        Args:
            first: (batch, dim) tensor.
            second: (batch, dim) tensor.

        Returns:
            (batch,) tensor.
        """
        return similar(first, second, "cosine")

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels, counts = y_true
        labels = ops.reshape(labels, (-1,))
        scores = self.scale * self.similarities(y_pred[:, 0], y_pred[:, 1])  # (batch,)
        both_count = ops.expand_dims(counts, 1) * ops.expand_dims(counts, 0) > 0
        is_ordered = ops.logical_and(ops.expand_dims(labels, 1) < ops.expand_dims(labels, 0), both_count)
        gaps = ops.where(is_ordered, ops.expand_dims(scores, 1) - ops.expand_dims(scores, 0), _FAR)
        loss = ops.logaddexp(ops.logsumexp(ops.reshape(gaps, (-1,))), 0.0)
        return loss * ops.ones_like(scores)  # one for the batch: the mean over the rows is it again

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable(package="bert_keras")
class AnglELoss(CoSENTLoss):
    """Does as `CoSENTLoss` with the angle between vectors of complex numbers, whose slope does not vanish near 1.

    The halves of a vector are its real and its imaginary parts.

    Args:
        scale: what similarities are multiplied by. Default 20.
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch,) float tensor of scores.
        y_pred: (batch, 2, dim) float tensor.
        sample_weight: (batch,) float tensor or None; what counts is only whether a weight is 0.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: where the scale is not above 0.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import AnglELoss
        >>> vectors = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]], "float32")
        >>> round(float(AnglELoss(scale=1.0)(np.array([1.0, 0.2]), vectors)), 4)
        0.3133

    Reference:
        [Li and Li, 2023](https://arxiv.org/abs/2309.12871), section 3.4; as in sentence-transformers, the sum of its
        cosine and sine parts after both vectors were scaled to length 1
    """

    def similarities(self, first: Tensor, second: Tensor) -> Tensor:
        """Compare the texts of each pair by the cosine and the sine of complex vectors.

        Args:
            first: as for `CoSENTLoss`.
            second: as for `CoSENTLoss`.
        """
        odd = first.shape[-1] % 2
        first, second = (ops.pad(unit_vectors(some), ((0, 0), (0, odd))) for some in (first, second))
        (real, imaginary), (other_real, other_imaginary) = ops.split(first, 2, axis=1), ops.split(second, 2, axis=1)
        cosines = ops.sum(first * second, axis=1)
        return ops.absolute(cosines + ops.sum(imaginary * other_real - real * other_imaginary, axis=1))
