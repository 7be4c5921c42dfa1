"""Sums as products with ones: the fastest way on a processor, where XLA adds one number after the other."""

from keras import ops

from bert_keras.types import Tensor


def row_sums(x: Tensor, weight: float = 1.0) -> Tensor:
    """Sum up the last axis.

    Args:
        x: (..., width) float tensor.
        weight: what each element is multiplied with.

    Returns:
        (..., 1) tensor.

    Example:
        >>> from keras import ops
        >>> ops.convert_to_numpy(row_sums(ops.convert_to_tensor([[1.0, 3.0]]), 0.5)).tolist()
        [[2.0]]
    """
    *leading, width = ops.shape(x)
    sums = ops.matmul(ops.reshape(x, (-1, width)), ops.full((width, 1), weight, x.dtype))
    return ops.reshape(sums, (*leading, 1))


def column_sums(rows: Tensor) -> Tensor:
    """Sum up over rows.

    Args:
        rows: (rows, width) float tensor.

    Returns:
        (width,) tensor.

    Example:
        >>> from keras import ops
        >>> ops.convert_to_numpy(column_sums(ops.ones((3, 2)))).tolist()
        [3.0, 3.0]
    """
    return ops.squeeze(ops.matmul(ops.ones((1, ops.shape(rows)[0]), rows.dtype), rows), 0)
