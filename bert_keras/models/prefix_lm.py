"""The encoder that reads a source both ways and writes a target behind it: UniLM."""

from typing import Any

import keras
from keras import ops

from bert_keras.models.language_model import LanguageModel
from bert_keras.ops.next_tokens import next_tokens
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class PrefixLM(LanguageModel):
    """Reads a source, and writes a target behind it: summaries, answers, translations.

    Inputs are those of the encoder with `segment_ids`, 0 in the source and 1 in the target, its end token included:
    `[CLS] source [SEP] target [SEP]`. The source sees all of itself, the target the source and its own past. Output is
    (batch, length, vocabulary_size) float32 logits of the next token. `fit` needs no labels: they are the tokens of the
    target; the loss is their mean cross-entropy, in nats a token, and `Perplexity("loss")` its exponential.

    With `output_positions` among the inputs, (batch, positions) int32, it scores the next token at these alone, which
    saves about half of a step's products: `GenerationRows` gives those of the target, where the labels are.

    `from_preset` takes any encoder, and begins with its masked-LM head where it has one.

    Args:
        encoder: `BertEncoder` with `attention_pattern="prefix"`.
        head_activation: activation function of the head or its name, None for that of the encoder's family.
        head_layer_norm_epsilon: added to the variance in the head's layer norm, None for the encoder's.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where the encoder has another attention pattern.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, PrefixLM
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False, attention_pattern="prefix")
        >>> model = PrefixLM(encoder)
        >>> row = {"token_ids": np.array([[2, 17, 3, 8, 3]]), "segment_ids": np.array([[0, 0, 0, 1, 1]])}
        >>> model(row | {"padding_mask": np.ones((1, 5))}).shape == (1, 5, 100)
        True
        >>> [len(tokens) for tokens in model.generate([[2, 17, 3], [2, 17, 8, 3]], max_new_tokens=4)]
        [4, 4]

    Reference:
        [Dong et al., 2019](https://arxiv.org/abs/1905.03197)
    """

    attention_pattern, written_segment = "prefix", 1
    encoder_options = {"attention_pattern": attention_pattern}

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Tensor:
        """Score the next token at each token, or at the `output_positions`."""
        positions = inputs.get("output_positions") if isinstance(inputs, dict) else None
        if positions is None:
            return super().call(inputs, training=training, mask=mask)
        rows = self._own_inputs(inputs) | {"output_positions": positions}
        rows = {name: ops.convert_to_tensor(value, "int32") for name, value in rows.items()}
        return self.score_next(self.encoder(rows)["sequence_output"])

    def next_tokens(self, x: dict[str, Any]) -> Tensor:
        """Give the labels of a batch: at the token before each of the target, else -100.

        Args:
            x: inputs of the batch.

        Returns:
            (batch, length) int32 tensor; (batch, positions) with `output_positions` among the inputs.
        """
        labels = next_tokens(x["token_ids"], x["padding_mask"], x["segment_ids"])
        if "output_positions" not in x:
            return labels
        return ops.take_along_axis(labels, ops.cast(x["output_positions"], "int32"), axis=1)
