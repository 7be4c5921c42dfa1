"""A second model over an encoder's layers that shows what lies inside, while the trained path stays as it is."""

import keras

from bert_keras.models.batch_inputs import BatchInputs


class Inspector(BatchInputs, keras.Model):
    """The model that `inspector` returns."""


def inspector(encoder, *, attention_scores=True):
    """Build the model behind `BertEncoder.inspector`.

    Args:
        encoder: `BertEncoder`.
        attention_scores: whether to show the attention scores too.

    Returns:
        `keras.Model` with the outputs `hidden_states`, `attention_scores` if asked for, and those of the encoder.
    """
    inputs = encoder.input
    x = encoder.embeddings(**inputs)
    attention_mask = encoder.get_layer("attention_mask")(inputs["padding_mask"])
    hidden_states, scores = [x], []
    for block in encoder.encoder_blocks:
        if attention_scores:
            x, block_scores = _WithScores(block, name=f"{block.name}_with_scores")(x, attention_mask)
            scores.append(block_scores)
        else:
            x = block(x, attention_mask=attention_mask)
        hidden_states.append(x)
    outputs = {"hidden_states": hidden_states} | ({"attention_scores": scores} if attention_scores else {})
    outputs["sequence_output"] = encoder.get_layer("final_layer_norm")(x) if encoder.normalize_first else x
    if encoder.pooler:
        outputs["pooled_output"] = encoder.get_layer("pooler")(outputs["sequence_output"])
    return Inspector(inputs, outputs, name=f"{encoder.name}_inspector")


class _WithScores(keras.layers.Layer):
    """A block that returns its scores: a layer of its own, because Keras wants one form of output from a layer."""

    def __init__(self, block, **kwargs):
        super().__init__(dtype=block.dtype_policy, **kwargs)
        self.block = block
        self.built = True

    def call(self, inputs, attention_mask):
        return self.block(inputs, attention_mask=attention_mask, return_attention_scores=True)

    def compute_output_spec(self, inputs, attention_mask):
        return self.block.compute_output_spec(inputs, attention_mask=attention_mask, return_attention_scores=True)
