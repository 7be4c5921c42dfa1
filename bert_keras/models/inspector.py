"""A second model over an encoder's layers that shows what lies inside, while the trained path stays as it is."""

import keras

from bert_keras.models.batch_inputs import BatchInputs


class Inspector(BatchInputs):
    """The model that `BertEncoder.inspector` returns."""


def inspector(encoder: keras.Model, *, attention_scores: bool = True) -> keras.Model:
    """Build the model behind `BertEncoder.inspector`.

    Args:
        encoder: `BertEncoder`.
        attention_scores: whether to show the attention scores beside the hidden states.

    Returns:
        `keras.Model` with the outputs `hidden_states`, `attention_scores` if asked for, and those of the encoder.

    Raises:
        ValueError: where scores are asked of an attention that has none to show.
    """
    inside = _Inside(encoder, attention_scores, name=f"{encoder.name}_inside")
    return Inspector(encoder.input, inside(encoder.input), name=f"{encoder.name}_inspector")


class _Inside(keras.layers.Layer):
    """The encoder asked for more: a layer of its own, because Keras wants one form of output from a layer."""

    def __init__(self, encoder, attention_scores, **kwargs):
        super().__init__(dtype=encoder.dtype_policy, **kwargs)
        self.encoder = encoder
        self._asked_for = {"return_hidden_states": True, "return_attention_scores": attention_scores}
        self.built = True

    def call(self, inputs):
        return self.encoder(inputs, **self._asked_for)

    def compute_output_spec(self, inputs):
        return self.encoder.compute_output_spec(inputs, **self._asked_for)
