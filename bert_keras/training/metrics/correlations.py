"""Pearson's and Spearman's correlation of numbers and predictions over a whole epoch, not batch by batch."""

from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import check_numbers, counted
from bert_keras.types import DType, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class PearsonCorrelation(keras.metrics.Metric):
    """How far predictions rise and fall in a line with the labels, between -1 and 1.

    Means and products of deviations are merged batch by batch, so that nothing is lost in sums of squares.

    Args:
        name: name of the metric. Default "pearson".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch,) float tensor.
        y_pred: (batch,) or (batch, 1) float tensor.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar, 0 where labels or predictions are all alike; as `scipy.stats.pearsonr`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import PearsonCorrelation
        >>> round(float(PearsonCorrelation()(np.array([1.0, 2.0, 3.0]), np.array([[2.0], [4.0], [6.0]]))), 4)
        1.0

    Reference:
        Chan et al., 1979, "Updating formulae and a pairwise algorithm for computing sample variances"
    """

    def __init__(self, name: str = "pearson", dtype: DType | None = None):
        super().__init__(name=name, dtype=dtype)
        self.weight = self.add_variable((), initializer="zeros", name="weight")
        self.means = self.add_variable((2,), initializer="zeros", name="means")
        self.products = self.add_variable((2, 2), initializer="zeros", name="products")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, weights = check_numbers(y_true, sample_weight, scores=_column(y_pred), name=f"labels of {self.name}")
        values = _pairs(y_true, y_pred)  # (batch, 2)
        weight = ops.sum(weights)
        means = ops.sum(values * weights[:, None], axis=0) / ops.maximum(weight, 1e-12)
        deviations = values - means
        products = ops.matmul(ops.transpose(deviations), deviations * weights[:, None])
        total = ops.maximum(self.weight + weight, 1e-12)
        shift = means - self.means
        between = shift[:, None] * shift[None, :] * (self.weight * weight / total)
        self.products.assign_add(products + between)
        self.means.assign_add(shift * weight / total)
        self.weight.assign_add(weight)

    def result(self) -> Tensor:
        products, means = ops.convert_to_tensor(self.products), ops.convert_to_tensor(self.means)
        # Equal values of several batches deviate from their mean by what float32 rounds.
        rounding = self.weight * ops.square(1e-6 * means)
        varies = ops.cast(ops.diagonal(products) > rounding, products.dtype)
        correlation = _correlation(products * varies[:, None] * varies[None, :])
        return ops.where(ops.isnan(ops.convert_to_tensor(self.weight)), float("nan"), correlation)


@keras.saving.register_keras_serializable(package="bert_keras")
class SpearmanCorrelation(keras.metrics.Metric):
    """How far predictions rank the examples as the labels do, between -1 and 1: the metric of STS-B.

    Ranks need all values at once: the last `capacity` of them are kept, of which those of weight 0 do not count.

    Args:
        capacity: number of examples, filler rows included, to be kept; examples before them are forgotten.
        name: name of the metric. Default "spearman".
        dtype: as in `keras.metrics.Metric`.

    Call arguments:
        y_true: (batch,) float tensor.
        y_pred: (batch,) or (batch, 1) float tensor.
        sample_weight: (batch,) float tensor or None; an example counts wholly, or with weight 0 not at all.

    Output:
        float32 scalar, 0 where labels or predictions are all alike; equal values share their mean rank, as in
        `scipy.stats.spearmanr`.

    Raises:
        ValueError: where one batch has more than `capacity` rows.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import SpearmanCorrelation
        >>> metric = SpearmanCorrelation(capacity=100)
        >>> round(float(metric(np.array([1.0, 2.0, 3.0]), np.array([[0.1], [7.0], [8.0]]))), 4)
        1.0
    """

    def __init__(self, capacity: int, name: str = "spearman", dtype: DType | None = None):
        super().__init__(name=name, dtype=dtype)
        self.capacity = capacity
        self.values = self.add_variable((capacity, 2), initializer="zeros", name="values")
        self.counts = self.add_variable((capacity,), initializer="zeros", name="counts")
        self.position = self.add_variable((), initializer="zeros", dtype="int32", name="position")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, weights = check_numbers(y_true, sample_weight, scores=_column(y_pred), name=f"labels of {self.name}")
        values, counts = _pairs(y_true, y_pred), counted(weights)  # (batch, 2), (batch,)
        num_rows = ops.shape(values)[0]
        if isinstance(num_rows, int) and num_rows > self.capacity:
            raise ValueError(f"Expected at most capacity={self.capacity} rows at once, received {num_rows}.")
        places = (self.position + ops.arange(num_rows, dtype="int32")) % self.capacity
        self.values.assign(ops.scatter_update(self.values, places[:, None], values))
        self.counts.assign(ops.scatter_update(self.counts, places[:, None], counts))
        self.position.assign((self.position + num_rows) % self.capacity)

    def result(self) -> Tensor:
        counts, values = ops.convert_to_tensor(self.counts), ops.convert_to_tensor(self.values)
        ranks = ops.stack([_ranks(values[:, 0], counts), _ranks(values[:, 1], counts)], axis=1)  # (capacity, 2)
        mean = (ops.sum(counts) + 1.0) / 2.0  # of the ranks 1, 2, 3, ...
        deviations = (ranks - mean) * counts[:, None] / ops.maximum(mean, 1.0)  # as shares, for float32's sake
        correlation = _correlation(ops.matmul(ops.transpose(deviations), deviations))
        return ops.where(ops.isnan(ops.sum(counts)), float("nan"), correlation)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"capacity": self.capacity}


def _ranks(values, counts):
    """Return the rank of each value that counts, from 1; equal values share the mean of their ranks."""
    values = ops.where(counts > 0, values, float("inf"))  # what does not count stands behind all that does
    ordered = ops.sort(values)
    below = ops.searchsorted(ordered, values, side="left")
    not_above = ops.searchsorted(ordered, values, side="right")
    return (ops.cast(below, "float32") + 1.0 + ops.cast(not_above, "float32")) / 2.0


def _correlation(products):
    """From (2, 2) sums of products of deviations to the correlation."""
    scale = ops.sqrt(products[0, 0]) * ops.sqrt(products[1, 1])
    return ops.where(scale > 0, products[0, 1] / ops.maximum(scale, 1e-30), 0.0)


def _pairs(y_true, y_pred):
    return ops.stack([_column(y_true), _column(y_pred)], axis=1)


def _column(values):
    return ops.reshape(ops.cast(values, "float32"), (-1,))
