"""An encoder that is asked for few of its vectors computes few in its last block."""

import keras


class OutputPositions:
    """Mixin of `BertEncoder`: its last block computes what it is asked for, where its inputs say what that is.

    A head that looks at 20 of 128 positions leaves the last block's feed-forward, a sixth of the work of an encoder of
    4 blocks, with a sixth of its rows; the outputs are the same.

    The dict of inputs may have `output_positions`, (batch, positions) int32. `sequence_output` then has the vectors at
    these positions, (batch, positions, hidden_dim), and `pooled_output` is made from the first of them, which should
    be 0.
    """

    def call(self, inputs, training=None, mask=None):
        positions = inputs.get("output_positions") if isinstance(inputs, dict) else None
        if positions is None:
            return super().call(inputs, training=training, mask=mask)
        x = self.embeddings(**{name: inputs[name] for name in self.input})  # (batch, length, hidden)
        attention_mask = self.get_layer("attention_mask")(inputs["padding_mask"])
        *lower_blocks, last_block = self.encoder_blocks
        for block in lower_blocks:
            x = block(x, attention_mask=attention_mask)
        x = last_block(x, attention_mask=attention_mask, output_positions=positions)  # (batch, positions, hidden)
        if self.normalize_first:
            x = self.get_layer("final_layer_norm")(x)
        outputs = {"sequence_output": x}
        if self.pooler:
            outputs["pooled_output"] = self.get_layer("pooler")(x)
        return outputs

    def compute_output_spec(self, inputs, training=None, mask=None):
        positions = inputs.get("output_positions") if isinstance(inputs, dict) else None
        if positions is None:
            return super().compute_output_spec(inputs)
        outputs = dict(super().compute_output_spec({name: inputs[name] for name in self.input}))
        sequence = outputs["sequence_output"]
        shape = (*positions.shape, sequence.shape[-1])
        return outputs | {"sequence_output": keras.KerasTensor(shape, sequence.dtype)}
