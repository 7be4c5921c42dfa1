"""Scores for every pair of positions as begin and end of a span: nested entities, and links between them."""

from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.types import Initializer, Shape, Tensor

_FORBIDDEN = -1e6
_RARE = -7.0  # where scores begin: as if one of 33 x 33 pairs were a span


@keras.saving.register_keras_serializable(package="bert_keras")
class GlobalPointer(keras.layers.Layer):
    """Scores every pair of positions for every label: a span is there where its score is above 0.

    (batch, length, hidden_dim) vectors become (batch, num_labels, length, length) float32 scores: the third axis is the
    begin, the last one the end. Each score is a product of a query at the begin and a key at the end, turned by their
    places so that it knows how far apart they are. As no score excludes another, spans may be nested.

    The efficient form has one query and key for all labels, and adds to their product what begin and end say for each
    label; the other has a query and a key for each label. New efficient scores begin at -7, for spans are rare among
    pairs: from 0, the first epochs of a small data set would go by with pushing all of them down.

    Args:
        num_labels: number of labels.
        head_dim: width of queries and keys, even. Default 64.
        efficient: whether labels share queries and keys. Default True.
        ordered: whether the end is never before the begin, as in a span; False for links between any two positions.
            Default True.
        rotary: whether queries and keys are turned by their places. Default True.
        kernel_initializer: initializer of the kernels. Default LeCun's normal, as in the published code; from BERT's
            0.02 the scores hardly differ, and learn late.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        padding_mask: (batch, length) tensor, 0 at padding.

    Output:
        (batch, num_labels, length, length) float32 tensor; -1000000 where padding or the order forbids a span.

    Raises:
        ValueError: where `head_dim` is odd.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import GlobalPointer
        >>> scores = GlobalPointer(num_labels=3)(np.ones((2, 5, 8), "float32"), np.ones((2, 5)))
        >>> scores.shape == (2, 3, 5, 5)
        True

    Reference:
        Su, 2021, https://kexue.fm/archives/8373; [Su et al., 2022](https://arxiv.org/abs/2208.03054). The efficient
        form: https://kexue.fm/archives/8877. Turning: [Su et al., 2021](https://arxiv.org/abs/2104.09864). Scores that
        begin low: [Lin et al., 2017](https://arxiv.org/abs/1708.02002), section 3.3.
    """

    def __init__(
        self,
        num_labels: int,
        *,
        head_dim: int = 64,
        efficient: bool = True,
        ordered: bool = True,
        rotary: bool = True,
        kernel_initializer: Initializer = "lecun_normal",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if head_dim % 2:
            raise ValueError(f"Expected head_dim to be even, received {head_dim}.")
        self.num_labels = num_labels
        self.head_dim = head_dim
        self.efficient = efficient
        self.ordered = ordered
        self.rotary = rotary
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

        def dense(units, name, **options):
            options["kernel_initializer"] = fresh_initializer(kernel_initializer)
            return keras.layers.Dense(units, dtype=self.dtype_policy, name=name, **options)

        self.query_key = dense(2 * head_dim * (1 if efficient else num_labels), "query_key")
        rare = keras.initializers.Constant(_RARE)  # halves of begin and end together
        self.label_bias = dense(2 * num_labels, "label_bias", bias_initializer=rare) if efficient else None

    def build(self, inputs_shape: Shape, padding_mask_shape: Shape) -> None:
        self.query_key.build(inputs_shape)
        if self.label_bias is not None:
            self.label_bias.build((*inputs_shape[:-1], 2 * self.head_dim))
        self.built = True

    def call(self, inputs: Tensor, padding_mask: Tensor) -> Tensor:
        length, num_heads = ops.shape(inputs)[1], 1 if self.efficient else self.num_labels
        both = ops.cast(self.query_key(inputs), "float32")  # (batch, length, heads * 2 * head_dim)
        x = ops.reshape(both, (-1, length, num_heads, 2, self.head_dim))
        x = ops.transpose(x, (3, 0, 2, 1, 4))  # (2, batch, heads, length, head_dim)
        if self.rotary:
            x = _turn(x, length, self.head_dim)
        scores = ops.matmul(x[0], ops.swapaxes(x[1], -1, -2)) / self.head_dim**0.5  # (batch, heads, length, length)
        if self.label_bias is not None:
            bias = ops.cast(self.label_bias(both), "float32") / 2
            bias = ops.transpose(ops.reshape(bias, (-1, length, 2, self.num_labels)), (2, 0, 3, 1))
            scores = scores + bias[0][..., :, None] + bias[1][..., None, :]  # (batch, labels, length, length)
        is_token = ops.not_equal(padding_mask, 0)  # (batch, length)
        is_allowed = is_token[:, None, :, None] & is_token[:, None, None, :]
        if self.ordered:
            positions = ops.arange(length)
            is_allowed = is_allowed & (positions[:, None] <= positions[None, :])
        return ops.where(is_allowed, scores, _FORBIDDEN)

    def compute_output_spec(self, inputs: Tensor, padding_mask: Tensor) -> Any:
        return keras.KerasTensor((inputs.shape[0], self.num_labels, inputs.shape[1], inputs.shape[1]), "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_labels": self.num_labels,
            "head_dim": self.head_dim,
            "efficient": self.efficient,
            "ordered": self.ordered,
            "rotary": self.rotary,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _turn(x, length, head_dim):
    """Turn each pair of numbers by an angle that grows with the position."""
    frequencies = 10000.0 ** -(np.arange(0, head_dim, 2) / head_dim).astype("float32")
    positions = ops.cast(ops.arange(length), "float32")
    angles = positions[:, None] * ops.convert_to_tensor(frequencies)  # (length, head_dim / 2)
    even, odd = x[..., : head_dim // 2], x[..., head_dim // 2 :]
    sine, cosine = ops.sin(angles), ops.cos(angles)
    return ops.concatenate([even * cosine - odd * sine, even * sine + odd * cosine], axis=-1)
