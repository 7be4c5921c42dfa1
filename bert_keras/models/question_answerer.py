"""The encoder with a head that finds the answer to a question in a text."""

from typing import Any

import keras

from bert_keras.checkpoints.families import family_named
from bert_keras.layers import SpanHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.task_model import TaskModel
from bert_keras.training.target_kinds import POSITIONS

_HEAD = "span_head"


@keras.saving.register_keras_serializable(package="bert_keras")
class QuestionAnswerer(TaskModel):
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

    kind, heads = "question_answering", (_HEAD,)
    target_kinds = dict.fromkeys(("start", "end"), POSITIONS)

    def __init__(
        self,
        encoder: BertEncoder,
        *,
        null_threshold: float | None = None,
        dtype: str | keras.DTypePolicy | None = None,
        **kwargs: Any,
    ):
        form = family_named(encoder.family).head_form(_HEAD)
        head = SpanHead(
            kernel_initializer=encoder.kernel_initializer, dtype=dtype or encoder.dtype_policy, name=_HEAD,
            **form.hidden(encoder.layer_norm_epsilon),
        )  # fmt: skip
        inputs = encoder.new_inputs()
        super().__init__(encoder, inputs, head(encoder(inputs)["sequence_output"]), dtype=dtype, **kwargs)
        self.null_threshold = null_threshold
