"""The encoder with a head that finds the answer to a question in a text."""

import keras

from bert_keras.layers import SpanHead
from bert_keras.models.around_encoder import AroundEncoder
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_encoder
from bert_keras.models.saved_model import open_preset
from bert_keras.training.target_kinds import POSITIONS
from bert_keras.training.token_statistics import TokenStatistics


@keras.saving.register_keras_serializable(package="bert_keras")
class QuestionAnswerer(TokenStatistics, Presets, AroundEncoder, BatchInputs, keras.Model):
    """Scores every token as the first and as the last of the answer.

    Inputs are those of the encoder: the question is segment 0, the text segment 1. Output is a dict of float32 logits,
    `start` and `end`, (batch, length) each, at padding and in the question too: who picks a span leaves those out. In
    SQuAD 2.0 the first token stands for "no answer".

    Args:
        encoder: `BertEncoder`; its pooler is not used, so nothing trains one: `pooler=False` spares Keras a warning.
        null_threshold: how much higher than the best answer "no answer" must score to be given, for who reads the
            outputs; None where there always is an answer. Default None.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, QuestionAnswerer
        >>> answerer = QuestionAnswerer(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False))
        >>> ids = np.array([[2, 17, 3, 45, 46, 3]])
        >>> outputs = answerer({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1})
        >>> outputs["start"].shape == (1, 6) and outputs["end"].shape == (1, 6)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), sections 4.2 and 4.3.
    """

    def __init__(self, encoder, *, null_threshold=None, dtype=None, **kwargs):
        dtype = dtype or encoder.dtype_policy

        # === Layers ===
        head = SpanHead(kernel_initializer=encoder.kernel_initializer, dtype=dtype, name="span_head")

        # === Functional model ===
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in encoder.input}
        outputs = head(encoder(inputs)["sequence_output"])
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
        self.null_threshold = null_threshold

    @classmethod
    def from_preset(cls, directory, *, dropout=None, **overrides):
        """Load the encoder, and the head where the preset has one; otherwise the head is new.

        Args:
            directory: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
            dropout: rate of the dropout in the encoder, None for the preset's.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, or a weight does not fit.
        """
        checkpoint = open_preset(directory)
        encoder = pretrained_encoder(checkpoint, pooler=False, dropout=dropout, **overrides)
        answerer = cls(encoder, null_threshold=checkpoint.task.get("null_threshold"))
        answerer._load(checkpoint)
        return answerer

    def _huggingface_form(self):
        task = {} if self.null_threshold is None else {"null_threshold": self.null_threshold}
        return "BertForQuestionAnswering", {"task": task}

    @property
    def target_kinds(self):
        """What the outputs are asked, for `compile` and the checks of each step."""
        return {"start": POSITIONS, "end": POSITIONS}

    def get_config(self):
        return super().get_config() | {"null_threshold": self.null_threshold}
