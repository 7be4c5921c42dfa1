"""The encoder with a head that picks one of several choices."""

from typing import Any

import keras
import numpy as np

from bert_keras.checkpoints.families import family_named
from bert_keras.layers import MergeChoices, MultipleChoiceHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.task_model import TaskModel
from bert_keras.models.text_vector import text_vector
from bert_keras.training.target_kinds import CLASSES

_HEAD = "multiple_choice_head"


@keras.saving.register_keras_serializable(package="bert_keras")
class MultipleChoice(TaskModel):
    """Picks the best of several choices, such as the answers to a question or the endings of a story.

    Inputs are those of the encoder with one more axis: (batch, choices, length) int32, a row for the text with each of
    its choices. The encoder reads every row by itself. Output is (batch, choices) float32 logits; a softmax over the
    choices makes probabilities of them. The number of choices may differ from batch to batch.

    Args:
        encoder: `BertEncoder`, with a pooler where the head of its family sees the pooled output, as BERT's does.
        dropout: rate of the dropout before the head. Default 0.1.
        pooling: what the head sees of each choice; ModernBERT's may be "first", the first token's vector, or "mean",
            the mean of the tokens' vectors. Default None, what the encoder's family has.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where the encoder has no pooler and needs one, or its family has no such `pooling`.

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

    kind, heads, target_kinds = "multiple_choice", (_HEAD,), CLASSES

    def __init__(
        self, encoder: BertEncoder, *, dropout: float = 0.1, pooling: str | None = None,
        dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        family, form = family_named(encoder.family), _head_form(encoder.family)
        sees = pooling or form.pooling
        if not family.has_pooling(_HEAD, sees):
            raise ValueError(
                f"A MultipleChoice of {family.name} has no pooling {pooling!r}; its own is {form.pooling!r}."
            )
        if sees == "pooled" and not encoder.pooler:
            raise ValueError("MultipleChoice needs an encoder with a pooler, but it was built with pooler=False.")
        head = MultipleChoiceHead(
            dropout=dropout, kernel_initializer=encoder.kernel_initializer, dtype=dtype or encoder.dtype_policy,
            name=_HEAD, **form.hidden(encoder.layer_norm_epsilon),
        )  # fmt: skip
        inputs = {name: keras.Input((None, None), dtype="int32", name=name) for name in encoder.input}
        rows = {name: MergeChoices(name=f"merge_{name}")(value) for name, value in inputs.items()}
        outputs = head(text_vector(encoder, rows, sees, dtype=dtype or encoder.dtype_policy), inputs["token_ids"])
        super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        self.dropout = dropout
        self.pooling = pooling

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """Pick the best choice of each text.

        Args:
            scores: (batch, choices) array of logits or probabilities.

        Returns:
            (batch,) integer array of the choices' numbers, from 0.
        """
        return np.asarray(scores).argmax(-1)

    @classmethod
    def needs_pooler(cls, *, family: str, **arguments: Any) -> bool:
        """Tell whether the head of the family sees the pooled output."""
        return _head_form(family).pooling == "pooled"


def _head_form(family):
    return family_named(family).head_form(_HEAD)
