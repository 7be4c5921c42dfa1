"""The head that scores the words of the vocabulary, as an encoder's family has it."""

from collections.abc import Callable

import keras

from bert_keras.checkpoints.families import family_named
from bert_keras.layers import MaskedLMHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.ops import get_activation

NAME = "masked_lm_head"


def vocabulary_head(
    encoder: BertEncoder,
    layer: type[MaskedLMHead] = MaskedLMHead,
    *,
    activation: str | Callable | None = None,
    layer_norm_epsilon: float | None = None,
    dtype: str | keras.DTypePolicy | None = None,
    name: str = NAME,
) -> MaskedLMHead:
    """Make a new head on an encoder's token table.

    Args:
        encoder: `BertEncoder`.
        layer: class of the head. Default `MaskedLMHead`.
        activation: activation function of the head or its name, None for that of the encoder's family.
        layer_norm_epsilon: added to the variance in its layer norm, None for the encoder's.
        dtype: dtype or policy, None for the encoder's.
        name: name of the head.
    """
    return layer(
        encoder.token_embedding,
        vocabulary_size=encoder.vocabulary_size,
        activation=activation or family_activation(encoder),
        layer_norm_epsilon=layer_norm_epsilon or encoder.layer_norm_epsilon,
        use_bias=encoder.use_bias,
        plain=family_named(encoder.family).plain_vocabulary_head,
        kernel_initializer=encoder.kernel_initializer,
        dtype=dtype or encoder.dtype_policy,
        name=name,
    )


def family_activation(encoder: BertEncoder) -> Callable:
    """Return the activation of the family's head; RoBERTa's is "gelu" whatever its blocks have.

    Args:
        encoder: `BertEncoder`.
    """
    activation = family_named(encoder.family).masked_lm_activation
    return encoder.activation if activation is None else get_activation(activation)


def head_arguments(head: MaskedLMHead) -> dict:
    """Give what a file says of the head beside its encoder.

    Args:
        head: what `vocabulary_head` made.
    """
    activation = getattr(head.activation, "__name__", str(head.activation))
    return {"head_activation": activation, "head_layer_norm_epsilon": head.layer_norm_epsilon}


def is_of_family(head: MaskedLMHead, encoder: BertEncoder) -> bool:
    """Tell whether the head has the numbers that transformers gives it by the encoder's.

    Args:
        head: what `vocabulary_head` made.
        encoder: `BertEncoder`.
    """
    return (head.activation, head.layer_norm_epsilon) == (family_activation(encoder), encoder.layer_norm_epsilon)
