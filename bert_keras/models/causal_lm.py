"""The encoder that guesses each token from those before it: GPT."""

from typing import Any

import keras

from bert_keras.checkpoints.families import family_named
from bert_keras.models.language_model import LanguageModel
from bert_keras.ops.next_tokens import next_tokens
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class CausalLM(LanguageModel):
    """Guesses each token from those before it, and so writes texts that go on.

    Inputs are those of the encoder; rows may be packed. Output is (batch, length, vocabulary_size) float32 logits of
    the next token. `fit` needs no labels: they are the tokens themselves, each the label of the one before it in its
    sequence; the loss is the mean cross-entropy, in nats a token, and `Perplexity("loss")` its exponential.

    `from_preset` takes GPT-2, and any other encoder: its tokens then see the past alone, and a masked-LM head that it
    has is what the new one begins with.

    Args:
        encoder: `BertEncoder` with `attention_pattern="causal"`, such as those of the family "gpt2".
        head_activation: activation function of the head or its name, None for that of the encoder's family.
        head_layer_norm_epsilon: added to the variance in the head's layer norm, None for the encoder's.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where the encoder has another attention pattern.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, CausalLM
        >>> model = CausalLM(BertEncoder.from_size("tiny", vocabulary_size=100, family="gpt2"))
        >>> ids = np.array([[17, 45, 3, 8]])
        >>> model({"token_ids": ids, "padding_mask": 0 * ids + 1}).shape == (1, 4, 100)
        True
        >>> [len(tokens) for tokens in model.generate([[17, 45], [3]], max_new_tokens=5)]
        [5, 5]

    Reference:
        [Radford et al.,
        2019](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)
    """

    attention_pattern = "causal"
    encoder_options = {"attention_pattern": attention_pattern}

    @property
    def kind(self) -> str:
        """What others read it as: of most families the encoder alone, beside which our head stands."""
        return "causal_lm" if "causal_lm" in family_named(self.encoder.family).architectures else "encoder"

    def next_tokens(self, x: dict[str, Any]) -> Tensor:
        """Give the labels of a batch, (batch, length) int32: of each token the next of its sequence, -100 at its end.

        Args:
            x: inputs of the batch.
        """
        return next_tokens(x["token_ids"], x["padding_mask"])
