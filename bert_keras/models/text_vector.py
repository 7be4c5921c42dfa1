"""One vector for a text, out of what an encoder makes of its tokens."""

import keras
from keras import ops

from bert_keras.layers import MeanPooling


def text_vector(
    encoder: keras.Model, inputs: dict, pooling: str, *, dtype: str | keras.DTypePolicy | None = None
) -> keras.KerasTensor:
    """Add the pooling to an encoder in a functional model.

    Args:
        encoder: `BertEncoder`.
        inputs: dict of the encoder's inputs.
        pooling: "pooled", the encoder's pooled output; "first", the first token's vector; or "mean", the mean of the
            tokens' vectors.
        dtype: dtype or policy of the mean.

    Returns:
        (batch, hidden_dim) tensor.

    Raises:
        ValueError: where the first token is to be looked at, and sees nothing but itself.
    """
    if pooling != "mean" and encoder.attention_pattern == "causal":
        raise ValueError(
            f'pooling={pooling!r} looks at the first token, which in an encoder with attention_pattern="causal" sees '
            'itself alone: write pooling="mean".'
        )
    if pooling == "mean":
        sequence_output = encoder(inputs)["sequence_output"]  # (batch, length, hidden)
        return MeanPooling(dtype=dtype, name="mean_pooling")(sequence_output, inputs["padding_mask"])
    # The first position is all that is looked at, and all that the last block computes.
    encoded = encoder(inputs | {"output_positions": ops.zeros_like(inputs["token_ids"][:, :1])})
    return encoded["pooled_output"] if pooling == "pooled" else encoded["sequence_output"][:, 0]
