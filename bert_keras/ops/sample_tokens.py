"""Tokens drawn from the probabilities that a model gives them."""

import math

import keras
from keras import ops

from bert_keras.ops.gather import gather_positions
from bert_keras.types import Tensor


def sample_tokens(logits: Tensor, seed: keras.random.SeedGenerator | int) -> Tensor:
    """Draw a token for each row of logits, each as likely as its softmax says.

    The vocabulary is cut into runs of neighbouring tokens; a run is drawn by the sum of its probabilities, then a token
    of it. That takes two random numbers a row, and a tenth of the time of adding noise to every logit.

    Args:
        logits: (batch, predictions, vocabulary_size) float tensor.
        seed: `keras.random.SeedGenerator`, for other tokens in each call, or an int.

    Returns:
        (batch, predictions) int32 tensor, through which no gradient flows.

    Example:
        >>> import keras
        >>> from bert_keras.ops import sample_tokens
        >>> print(keras.ops.convert_to_numpy(sample_tokens(keras.ops.array([[[0.0, 99.0, 0.0]]]), seed=0)))
        [[1]]
    """
    vocabulary_size, shape = logits.shape[-1], ops.shape(logits)[:-1]
    length = math.isqrt(vocabulary_size - 1) + 1  # of a run
    num_runs = -(-vocabulary_size // length)
    logits = ops.reshape(ops.stop_gradient(ops.cast(logits, "float32")), (-1, vocabulary_size))
    weights = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    weights = ops.pad(weights, [[0, 0], [0, num_runs * length - vocabulary_size]])
    runs = ops.reshape(weights, (-1, num_runs, length))
    noise = keras.random.uniform((2, ops.shape(runs)[0], 1), seed=seed)
    run = ops.minimum(drawn_column(ops.sum(runs, axis=-1), noise[0]), num_runs - 1)  # (batch * predictions,)
    chosen = gather_positions(runs, ops.expand_dims(run, 1))[:, 0]  # (batch * predictions, length)
    token = ops.minimum(run * length + drawn_column(chosen, noise[1]), vocabulary_size - 1)  # sums are not exact
    return ops.reshape(token, shape)


def drawn_column(weights: Tensor, noise: Tensor) -> Tensor:
    """Draw a column of each row, each as likely as its share of the row's weights.

    Args:
        weights: (rows, columns) float tensor, none negative.
        noise: (rows, 1) float tensor, uniform from 0 to 1.

    Returns:
        (rows,) int32 tensor: the first column up to which the weights are more than such a share of all; where sums are
        not exact, rarely one behind the last.
    """
    cumulative = ops.cumsum(weights, axis=-1)
    return ops.sum(ops.cast(cumulative <= noise * cumulative[:, -1:], "int32"), axis=-1)
