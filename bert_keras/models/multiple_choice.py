"""The encoder with a head that picks one of several choices."""

import keras
import numpy as np

from bert_keras.layers import MergeChoices, MultipleChoiceHead
from bert_keras.models.around_encoder import AroundEncoder
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_encoder
from bert_keras.models.saved_model import open_preset
from bert_keras.models.text_vector import text_vector
from bert_keras.training.target_kinds import CLASSES
from bert_keras.training.token_statistics import TokenStatistics


@keras.saving.register_keras_serializable(package="bert_keras")
class MultipleChoice(TokenStatistics, Presets, AroundEncoder, BatchInputs, keras.Model):
    """Picks the best of several choices, such as the answers to a question or the endings of a story.

    Inputs are those of the encoder with one more axis: (batch, choices, length) int32, a row for the text with each of
    its choices. The encoder reads every row by itself. Output is (batch, choices) float32 logits; a softmax over the
    choices makes probabilities of them. The number of choices may differ from batch to batch.

    Args:
        encoder: `BertEncoder` with a pooler.
        dropout: rate of the dropout before the head. Default 0.1.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where the encoder has no pooler.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, MultipleChoice
        >>> chooser = MultipleChoice(BertEncoder.from_size("tiny", vocabulary_size=100))
        >>> ids = np.array([[[2, 17, 3, 45, 3], [2, 17, 3, 46, 3]]])
        >>> chooser({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 2)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 4.4.
    """

    def __init__(self, encoder, *, dropout=0.1, dtype=None, **kwargs):
        if not encoder.pooler:
            raise ValueError("MultipleChoice needs an encoder with a pooler, but it was built with pooler=False.")
        dtype = dtype or encoder.dtype_policy

        # === Layers ===
        head = MultipleChoiceHead(
            dropout=dropout, kernel_initializer=encoder.kernel_initializer, dtype=dtype, name="multiple_choice_head"
        )

        # === Functional model ===
        inputs = {name: keras.Input((None, None), dtype="int32", name=name) for name in encoder.input}
        rows = {name: MergeChoices(name=f"merge_{name}")(value) for name, value in inputs.items()}
        outputs = head(text_vector(encoder, rows, "pooled"), inputs["token_ids"])
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
        self.dropout = dropout

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """Pick the best choice of each text.

        Args:
            scores: (batch, choices) array of logits or probabilities.

        Returns:
            (batch,) integer array of the choices' numbers, from 0.
        """
        return np.asarray(scores).argmax(-1)

    @classmethod
    def from_preset(cls, directory, *, dropout=None, **overrides):
        """Load the encoder, and the head where the preset has one; otherwise the head is new.

        Args:
            directory: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
            dropout: rate of the dropout in the encoder and before the head, None for the preset's.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, or a weight does not fit.
        """
        checkpoint = open_preset(directory)
        chooser = cls(
            pretrained_encoder(checkpoint, pooler=True, dropout=dropout, **overrides),
            dropout=checkpoint.classifier_dropout if dropout is None else dropout,
        )
        chooser._load(checkpoint)
        return chooser

    def _huggingface_form(self):
        return "BertForMultipleChoice", {"classifier_dropout": self.dropout}

    @property
    def target_kinds(self):
        """What the outputs are asked, for `compile` and the checks of each step."""
        return CLASSES

    def get_config(self):
        return super().get_config() | {"dropout": self.dropout}
