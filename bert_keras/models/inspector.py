"""A second model over an encoder's layers that shows what lies inside, while the trained path stays as it is."""

import keras


class Inspector(keras.Model):
    """The model that `BertEncoder.inspector` returns: the encoder, asked for more.

    Args:
        encoder: `BertEncoder`.
        attention_scores: whether to show the attention scores beside the hidden states.

    Call arguments:
        inputs: dict as the encoder takes it.

    Output:
        dict of the encoder's outputs, `hidden_states` and, if asked for, `attention_scores`.

    Raises:
        ValueError: where scores are asked of an attention that has none to show.
    """

    def __init__(self, encoder, attention_scores=True):
        super().__init__(name=f"{encoder.name}_inspector", dtype=encoder.dtype_policy)
        self.encoder = encoder
        self._asked_for = {"return_hidden_states": True, "return_attention_scores": attention_scores}
        self.built = True
        self.compute_output_spec(encoder.input)  # refuses now what no call could give

    def call(self, inputs, training=None):
        return self.encoder(inputs, training=training, **self._asked_for)

    def compute_output_spec(self, inputs, training=None):
        return self.encoder.compute_output_spec(inputs, training=training, **self._asked_for)
