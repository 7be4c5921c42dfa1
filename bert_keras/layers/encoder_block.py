"""One block of an encoder, built from the parts that it is given."""

import inspect
from collections.abc import Callable
from typing import Any, Self

import keras

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.ops import gather_positions
from bert_keras.ops.shared_trace import call_by_shared_trace
from bert_keras.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class EncoderBlock(keras.layers.Layer):
    """Attention, then feed-forward, each with dropout, a residual connection and a layer norm around it.

    In BERT the norm comes after the sum ("post-norm"): x = norm(x + part(x)). With `normalize_first` it comes before
    the part: x = x + part(norm(x)); then whoever stacks the blocks norms the last one's output.

    A part is any layer from (batch, length, hidden_dim) to the same shape. The attention gets `attention_mask`,
    `rotary_positions` and `return_attention_scores` only if its `call` takes them, so ten lines of one's own are enough
    for either part.

    Args:
        attention: layer, usually `SelfAttention`.
        feed_forward: layer, usually `FeedForward`.
        normalize_first: whether the layer norm comes before each part. Default False.
        attention_norm: whether there is a layer norm around the attention. Without it, with `normalize_first` alone,
            the attention gets the inputs as they are: ModernBERT's first block, whose inputs the embeddings have just
            normed. Default True.
        use_bias: whether the layer norms have a bias. Default True.
        dropout: rate of the dropout on each part's output. Default 0.
        layer_norm_epsilon: added to the variance. Default 1e-12, as published.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        attention_mask: (batch, length, length) bool tensor, True where the first may see the second, or None.
        return_attention_scores: whether to return a pair with the scores of the attention.
        output_positions: (batch, positions) int tensor, or None for all: where an output is wanted. The feed-forward
            works on these alone.
        rotary_positions: tensor of `RotaryPositions`, for an attention that takes it, or None.
        cache: pair of keys and values of the tokens before, as `bert_keras.ops.KeyValueCache` has them, or None. The
            attention must take it.
        slot: int32 scalar tensor, where in the cache the inputs go.
        cross_attention: of a decoder, a function from (batch, length, hidden_dim) to the same, called between attention
            and feed-forward, such as a call of `VectorCrossAttention`; or None.
        training: whether it is called in training.

    Output:
        (batch, length, hidden_dim) tensor, or the pair; (batch, positions, hidden_dim) with `output_positions`. With a
        cache, a pair of the tensor and the new cache.

    Raises:
        ValueError: where scores, or a cache, are asked of an attention whose `call` takes no `return_attention_scores`
            or no `cache`, or the sums around the attention shall not be normed though the norms come after them.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import EncoderBlock, FeedForward, SelfAttention
        >>> block = EncoderBlock(SelfAttention(8, num_heads=2), FeedForward(8, 32), dropout=0.1)
        >>> block(np.ones((1, 3, 8), "float32")).shape == (1, 3, 8)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805); pre-norm:
        [Xiong et al., 2020](https://arxiv.org/abs/2002.04745).
    """

    def __init__(
        self,
        attention: keras.layers.Layer,
        feed_forward: keras.layers.Layer,
        *,
        normalize_first: bool = False,
        attention_norm: bool = True,
        use_bias: bool = True,
        dropout: float = 0.0,
        layer_norm_epsilon: float = 1e-12,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not (attention_norm or normalize_first):
            raise ValueError("attention_norm=False needs normalize_first=True: a sum is always normed.")
        self.attention = attention
        self.feed_forward = feed_forward
        self.normalize_first = normalize_first
        self.attention_norm = attention_norm
        self.use_bias = use_bias
        self.dropout = dropout
        self.layer_norm_epsilon = layer_norm_epsilon
        self.supports_masking = True

        def layer_norm(name):
            return LayerNormalization(epsilon=layer_norm_epsilon, center=use_bias, dtype=self.dtype_policy, name=name)

        self.attention_layer_norm = layer_norm("attention_layer_norm") if attention_norm else None
        self.feed_forward_layer_norm = layer_norm("feed_forward_layer_norm")
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")

    def build(
        self,
        inputs_shape: Shape,
        attention_mask_shape: Shape | None = None,
        rotary_positions_shape: Shape | None = None,
    ) -> None:
        inputs = keras.KerasTensor(inputs_shape, self.compute_dtype)
        batch, length, _ = inputs_shape
        attention_mask = keras.KerasTensor((batch, length, length), "bool")
        rotary_positions = rotary_positions_shape and keras.KerasTensor(rotary_positions_shape, self.compute_dtype)
        # Built by a call, because a user's part may well have no `build`.
        if not self.attention.built:
            self.attention(inputs, **self._attention_arguments(attention_mask, rotary_positions, False))
        if not self.feed_forward.built:
            self.feed_forward(inputs)
        if self.attention_layer_norm is not None:
            self.attention_layer_norm.build(inputs_shape)
        self.feed_forward_layer_norm.build(inputs_shape)
        self.built = True

    def call(
        self,
        inputs: Tensor,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        output_positions: Tensor | None = None,
        rotary_positions: Tensor | None = None,
        cache: tuple[Tensor, Tensor] | None = None,
        slot: Tensor | None = None,
        cross_attention: Callable | None = None,
        training: bool = False,
    ) -> Tensor:
        tensors = {"inputs": inputs, "attention_mask": attention_mask}
        tensors |= {"output_positions": output_positions, "rotary_positions": rotary_positions}
        if return_attention_scores or cache is not None or cross_attention is not None:
            return self._compute(
                **tensors, return_attention_scores=return_attention_scores, cache=cache, slot=slot,
                cross_attention=cross_attention,
            )  # fmt: skip
        return call_by_shared_trace(self, self._compute, tensors, training=training)

    def _compute(
        self,
        inputs,
        attention_mask=None,
        output_positions=None,
        rotary_positions=None,
        return_attention_scores=False,
        cache=None,
        slot=None,
        cross_attention=None,
    ):
        arguments = self._attention_arguments(attention_mask, rotary_positions, return_attention_scores)
        if cache is not None:
            self._expect_taken("cache", "work with a cache, which writing needs")
            arguments |= {"cache": cache, "slot": slot}
        returns_pair = return_attention_scores or cache is not None
        norms_inputs = self.normalize_first and self.attention_norm
        x = self.attention_layer_norm(inputs) if norms_inputs else inputs
        x = self.attention(x, **arguments)
        x, beside = x if returns_pair else (x, None)
        x = inputs + self.dropout_layer(x)
        if output_positions is not None:
            x = gather_positions(
                x, output_positions, name="output_positions (mask_positions)"
            )  # (batch, positions, hidden)
        x = x if self.normalize_first else self.attention_layer_norm(x)
        if cross_attention is not None:
            x = cross_attention(x)
        if self.normalize_first:
            x = x + self.dropout_layer(self.feed_forward(self.feed_forward_layer_norm(x)))
        else:
            x = self.feed_forward_layer_norm(x + self.dropout_layer(self.feed_forward(x)))
        return (x, beside) if returns_pair else x

    def _expect_taken(self, argument, what):
        if argument not in inspect.signature(self.attention.call).parameters:
            raise ValueError(f"{type(self.attention).__name__} cannot {what}: its `call` has no argument `{argument}`.")

    def _attention_arguments(self, attention_mask, rotary_positions, return_attention_scores):
        """Return the optional arguments that the attention's `call` takes."""
        taken = inspect.signature(self.attention.call).parameters
        arguments = {"attention_mask": attention_mask} if "attention_mask" in taken else {}
        if rotary_positions is not None and "rotary_positions" in taken:
            arguments["rotary_positions"] = rotary_positions
        if return_attention_scores:
            self._expect_taken("return_attention_scores", "return attention scores")
            arguments["return_attention_scores"] = True
        return arguments

    def compute_output_spec(
        self,
        inputs: Tensor,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        output_positions: Tensor | None = None,
        rotary_positions: Tensor | None = None,
        training: bool = False,
    ) -> Any:
        leading = inputs.shape[:-1] if output_positions is None else output_positions.shape
        outputs = keras.KerasTensor((*leading, inputs.shape[-1]), self.compute_dtype)
        if not return_attention_scores:
            return outputs
        arguments = self._attention_arguments(attention_mask, rotary_positions, return_attention_scores)
        return outputs, self.attention.compute_output_spec(inputs, **arguments)[1]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "attention": part_config(self.attention),
            "feed_forward": part_config(self.feed_forward),
            "normalize_first": self.normalize_first,
            "attention_norm": self.attention_norm,
            "use_bias": self.use_bias,
            "dropout": self.dropout,
            "layer_norm_epsilon": self.layer_norm_epsilon,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build the block with its parts."""
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("attention", "feed_forward")}
        return cls(**config | parts)


def part_config(part: keras.layers.Layer) -> dict[str, Any] | None:
    """Return the config of a part, without the shapes it was built with: the block that gets it builds it.

    Args:
        part: layer, or None.

    Returns:
        dict for `keras.saving.deserialize_keras_object`, or None.
    """
    config = keras.saving.serialize_keras_object(part)
    return config and {name: value for name, value in config.items() if name != "build_config"}
