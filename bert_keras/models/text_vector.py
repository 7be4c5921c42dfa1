"""One vector for a text, out of what an encoder makes of its tokens."""

import keras
from keras import ops

from bert_keras.layers import MaxPooling, MeanPooling

_OVER_ALL = {"mean": MeanPooling, "max": MaxPooling}


def text_vector(
    encoder: keras.Model,
    inputs: dict,
    pooling: str,
    *,
    num_pooled_layers: int = 1,
    dtype: str | keras.DTypePolicy | None = None,
) -> keras.KerasTensor:
    """Add the pooling to an encoder in a functional model.

    Args:
        encoder: `BertEncoder`.
        inputs: dict of the encoder's inputs.
        pooling: "pooled", the encoder's pooled output; "first", the first token's vector; "mean", the mean of the
            tokens' vectors; or "max", the largest value of each dimension.
        num_pooled_layers: how many of the last layers a token's vector is the mean of. Default 1.
        dtype: dtype or policy of mean and maximum.

    Returns:
        (batch, hidden_dim) tensor.

    Raises:
        ValueError: where the first token is to be looked at, and sees nothing but itself.
    """
    if pooling not in _OVER_ALL and encoder.attention_pattern == "causal":
        raise ValueError(
            f'pooling={pooling!r} looks at the first token, which in an encoder with attention_pattern="causal" sees '
            'itself alone: write pooling="mean".'
        )
    if num_pooled_layers > 1:
        tokens = _LastLayers(encoder, num_pooled_layers, name="last_layers")(inputs)
    elif pooling in _OVER_ALL:
        tokens = encoder(inputs)["sequence_output"]  # (batch, length, hidden)
    else:  # the first position is all that is looked at, and all that the last block computes
        encoded = encoder(inputs | {"output_positions": ops.zeros_like(inputs["token_ids"][:, :1])})
        return encoded["pooled_output"] if pooling == "pooled" else encoded["sequence_output"][:, 0]
    if pooling in _OVER_ALL:
        return _OVER_ALL[pooling](dtype=dtype, name=f"{pooling}_pooling")(tokens, inputs["padding_mask"])
    return tokens[:, 0]


class _LastLayers(keras.layers.Layer):
    """The mean of the last layers' vectors: a layer of its own, because Keras wants one form of output from each."""

    def __init__(self, encoder, num_layers, **kwargs):
        super().__init__(dtype=encoder.dtype_policy, **kwargs)
        self.encoder = encoder
        self.num_layers = num_layers

    def build(self, inputs_shape):
        self.built = True  # the encoder is

    def call(self, inputs):
        encoded = self.encoder(inputs, return_hidden_states=True)
        layers = [*encoded["hidden_states"][-self.num_layers : -1], encoded["sequence_output"]]
        return sum(layers[1:], layers[0]) / self.num_layers  # (batch, length, hidden)

    def compute_output_spec(self, inputs):
        shape = inputs["token_ids"].shape
        return keras.KerasTensor((*shape, self.encoder.hidden_dim), self.compute_dtype)
