"""What the losses of a sentence encoder share: vectors of a row's texts in, a loss for each row that counts out."""

from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import check_numbers
from bert_keras.types import Tensor

SIMILARITIES = ("cosine", "dot")


class SentenceLoss(keras.losses.Loss):
    """Takes the vectors of a batch of texts; what the loss looks at is a subclass' business.

    A subclass has `call(y_true, y_pred)`, whose `y_true` is a pair of the targets and of (batch,) float32 that is 1 for
    rows that count and 0 for those of weight 0, which fill up a batch: they have no loss, and whoever compares rows
    with each other must leave them out. It says with `num_texts` how many texts a row has.

    Args:
        reduction: as in `keras.losses.Loss`. Default "mean_with_sample_weight", the mean over the rows' weights.
        name: name of the loss, None for one made of the class'.
        **kwargs: arguments of `keras.losses.Loss`.

    Call arguments:
        y_true: (batch, ...) tensor of targets.
        y_pred: (batch, texts, dim) float tensor of vectors; the loss is computed in float32.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: where `y_pred` is no such tensor.

    Example:
        >>> import numpy as np
        >>> from keras import ops
        >>> from bert_keras.training.losses.sentence_loss import SentenceLoss
        >>> class Distance(SentenceLoss):
        ...     num_texts = (2, 2)
        ...
        ...     def call(self, y_true, y_pred):
        ...         return ops.norm(y_pred[:, 0] - y_pred[:, 1], axis=-1)
        >>> float(Distance()(np.zeros(1), np.array([[[0.0, 3.0], [4.0, 0.0]]])))
        5.0
    """

    num_texts = (1, None)  # least and most texts of a row, None for any number
    needs_whole_batch = False  # whether rows are compared with each other, so that parts of a batch do not add up
    target_range: tuple[float, float] | None = None  # between which the targets must be, None for any

    def __init__(self, *, reduction: str = "mean_with_sample_weight", name: str | None = None, **kwargs: Any):
        super().__init__(name=name, reduction=reduction, **kwargs)

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        y_pred = ops.cast(y_pred, "float32")
        least, most = self.num_texts
        texts = y_pred.shape[1] if len(y_pred.shape) == 3 else 0
        if texts is not None and not least <= texts <= (most or texts):
            number = least if least == most else f"{least} or more" if most is None else f"{least} to {most}"
            raise ValueError(
                f"{type(self).__name__} takes the vectors of {number} texts a row, (batch, texts, dim); received the "
                f"shape {tuple(y_pred.shape)}."
            )
        y_true = ops.convert_to_tensor(y_true)
        if self.target_range is not None:
            bounds = dict(zip(("smallest", "largest"), self.target_range))
            y_true, sample_weight = check_numbers(y_true, sample_weight, **bounds, name=f"the {self.name}'s targets")
        if sample_weight is None:
            sample_weight = ops.ones_like(y_pred[:, 0, 0])
        sample_weight = ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
        counts = ops.cast(ops.not_equal(sample_weight, 0), "float32")
        return super().__call__((self.targets(y_true), counts), y_pred, sample_weight)

    def targets(self, y_true: Tensor) -> Tensor:
        """Bring the targets into the form that `call` sees, as float32.

        Args:
            y_true: what the loss was called with.
        """
        return ops.cast(y_true, "float32")

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}


def check_similarity(similarity: str) -> str:
    """Give back the name of a similarity.

    Args:
        similarity: "cosine" or "dot".

    Raises:
        ValueError: for another one.
    """
    if similarity not in SIMILARITIES:
        raise ValueError(f"Expected similarity to be one of {', '.join(SIMILARITIES)}; received {similarity!r}.")
    return similarity


def unit_vectors(vectors: Tensor) -> Tensor:
    """Scale vectors to length 1; those of zeros stay.

    Args:
        vectors: (..., dim) float tensor.
    """
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-24))


def similar(first: Tensor, second: Tensor, similarity: str) -> Tensor:
    """Compare vectors one by one.

    Args:
        first: (..., dim) float tensor.
        second: (..., dim) float tensor.
        similarity: "cosine" or "dot".

    Returns:
        (...) tensor.
    """
    if similarity == "cosine":
        first, second = unit_vectors(first), unit_vectors(second)
    return ops.sum(first * second, axis=-1)
