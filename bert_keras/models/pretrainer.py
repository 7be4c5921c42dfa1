"""The encoder with the two heads that BERT is pretrained with."""

import keras
from keras import ops

from bert_keras.layers import MaskedLMHead, SentencePairHead
from bert_keras.models.around_encoder import AroundEncoder
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_encoder
from bert_keras.models.saved_model import open_preset
from bert_keras.ops import get_activation
from bert_keras.training.target_kinds import CLASSES, TOKENS
from bert_keras.training.token_statistics import TokenStatistics


@keras.saving.register_keras_serializable(package="bert_keras")
class BertPretrainer(TokenStatistics, Presets, AroundEncoder, BatchInputs, keras.Model):
    """Guesses masked tokens, and whether the second text follows the first.

    Inputs are those of the encoder and `mask_positions`, (batch, predictions) int32: where tokens are to be guessed.
    Output is a dict of float32 logits: `mlm`, (batch, predictions, vocabulary_size), and `nsp`, (batch, 2), class 0
    for "really follows".

    Args:
        encoder: `BertEncoder`; with `next_sentence` it must have a pooler.
        masked_lm: whether there is an `mlm` output and its input `mask_positions`. Default True.
        next_sentence: whether there is an `nsp` output. Default True. Without it nothing trains the encoder's pooler,
            and Keras says so at the first step, unless the encoder was built with `pooler=False`.
        head_activation: activation function of the masked-LM head or its name, None for the encoder's.
        head_layer_norm_epsilon: added to the variance in that head's layer norm, None for the encoder's.
        dtype: dtype or policy of the heads, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `next_sentence` is asked of an encoder without a pooler, or there is no output at all.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, BertPretrainer
        >>> pretrainer = BertPretrainer(BertEncoder.from_size("tiny", vocabulary_size=100))
        >>> ids = np.array([[2, 17, 4, 45, 3]])
        >>> outputs = pretrainer({
        ...     "token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1, "mask_positions": np.array([[2]])
        ... })
        >>> outputs["mlm"].shape == (1, 1, 100) and outputs["nsp"].shape == (1, 2)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1.
    """

    def __init__(
        self,
        encoder,
        *,
        masked_lm=True,
        next_sentence=True,
        head_activation=None,
        head_layer_norm_epsilon=None,
        dtype=None,
        **kwargs,
    ):
        if not (masked_lm or next_sentence):
            raise ValueError("Expected masked_lm, next_sentence or both; there would be nothing to train.")
        if next_sentence and not encoder.pooler:
            raise ValueError(
                "next_sentence=True needs the encoder's pooled output, but the encoder was built with pooler=False."
            )
        dtype = dtype or encoder.dtype_policy

        # === Layers ===
        masked_lm_head = sentence_pair_head = None
        if masked_lm:
            masked_lm_head = MaskedLMHead(
                encoder.token_embedding,
                vocabulary_size=encoder.vocabulary_size,
                activation=head_activation or encoder.activation,
                layer_norm_epsilon=head_layer_norm_epsilon or encoder.layer_norm_epsilon,
                kernel_initializer=encoder.kernel_initializer,
                dtype=dtype,
                name="masked_lm_head",
            )
        if next_sentence:
            sentence_pair_head = SentencePairHead(
                kernel_initializer=encoder.kernel_initializer, dtype=dtype, name="sentence_pair_head"
            )

        # === Functional model ===
        names = (*encoder.input, "mask_positions") if masked_lm else encoder.input
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
        # The encoder's last block computes the vectors that the heads look at, and no others.
        first = [ops.zeros_like(inputs["token_ids"][:, :1])] if next_sentence else []
        masked = [inputs["mask_positions"]] if masked_lm else []
        encoded = encoder(inputs | {"output_positions": ops.concatenate(first + masked, axis=1)})
        outputs = {}
        if masked_lm:
            outputs["mlm"] = masked_lm_head(encoded["sequence_output"][:, len(first) :])
        if next_sentence:
            outputs["nsp"] = sentence_pair_head(encoded["pooled_output"])
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
        self.masked_lm = masked_lm
        self.next_sentence = next_sentence
        self.head_activation = None if head_activation is None else get_activation(head_activation)
        self.head_layer_norm_epsilon = head_layer_norm_epsilon

    @classmethod
    def from_preset(cls, directory, *, masked_lm=None, next_sentence=None, **overrides):
        """Load the encoder and its pretraining heads; a head that the preset lacks is new and named in `load_report`.

        Args:
            directory: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
            masked_lm: whether there is an `mlm` output, None for what the preset has; True if it has no head at all.
            next_sentence: whether there is an `nsp` output, None for what the preset has.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dropout`
                or `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, or a weight does not fit.
        """
        checkpoint = open_preset(directory)
        has_masked_lm = "masked_lm_head/bias" in checkpoint.shapes
        has_next_sentence = "sentence_pair_head/dense/kernel" in checkpoint.shapes
        masked_lm = has_masked_lm or not has_next_sentence if masked_lm is None else masked_lm
        next_sentence = has_next_sentence if next_sentence is None else next_sentence
        # Without next sentence prediction nothing would train a pooler.
        encoder = pretrained_encoder(checkpoint, **{"pooler": next_sentence} | overrides)
        pretrainer = cls(encoder, masked_lm=masked_lm, next_sentence=next_sentence, **checkpoint.masked_lm_arguments)
        pretrainer._load(checkpoint)
        return pretrainer

    def _has_encoders_head(self):
        if not self.masked_lm:
            return True
        head, encoder = self.get_layer("masked_lm_head"), self.encoder
        return (head.activation, head.layer_norm_epsilon) == (encoder.activation, encoder.layer_norm_epsilon)

    def _beyond_transformers(self):
        head = [] if self._has_encoders_head() else ["a masked-LM head with numbers of its own"]
        return super()._beyond_transformers() + head

    def _huggingface_form(self):
        if not self.masked_lm:
            return "BertForNextSentencePrediction", {}
        if not self._has_encoders_head():
            raise ValueError(
                "BERT of transformers has one activation and one epsilon for encoder and masked-LM head; this model's "
                f"head has head_activation={self.head_activation} and "
                f"head_layer_norm_epsilon={self.head_layer_norm_epsilon}. "
                'Save it with format="keras", which bert_keras alone reads.'
            )
        return ("BertForPreTraining" if self.next_sentence else "BertForMaskedLM"), {}

    def _keras_hub_head(self):
        if not self.masked_lm:
            return {}
        head = self.get_layer("masked_lm_head")
        activation = getattr(head.activation, "__name__", str(head.activation))
        return {"head_activation": activation, "head_layer_norm_epsilon": head.layer_norm_epsilon}

    @property
    def target_kinds(self):
        """What the outputs are asked, for `compile` and the checks of each step."""
        kinds = {"mlm": TOKENS} if self.masked_lm else {}
        return kinds | ({"nsp": CLASSES} if self.next_sentence else {})

    def get_config(self):
        return super().get_config() | {
            "masked_lm": self.masked_lm,
            "next_sentence": self.next_sentence,
            "head_activation": self.head_activation and keras.activations.serialize(self.head_activation),
            "head_layer_norm_epsilon": self.head_layer_norm_epsilon,
        }
