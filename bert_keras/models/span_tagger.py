"""The encoder with GlobalPointer: spans with labels, nested ones too."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.layers import Dropout, GlobalPointer
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.probabilities import logit, sigmoid
from bert_keras.models.tagged_words import pretrained_words
from bert_keras.models.task_model import TaskModel
from bert_keras.tagging_schemes import check_words
from bert_keras.training.target_kinds import SPANS


@keras.saving.register_keras_serializable(package="bert_keras")
class SpanTagger(TaskModel):
    """Finds spans with labels, where tags cannot: a span may lie in another, or have several labels.

    Inputs are those of the encoder. Output is (batch, labels, length, length) float32 scores of begins and ends, above
    0 where there is a span. `bert_keras.data.span_dataset` makes the batches, and `bert_keras.training.SpanLoss` is the
    loss.

    Args:
        encoder: `BertEncoder`; its pooler is not used, so nothing trains one: `pooler=False` spares Keras a warning.
        labels: names of the labels in the order of the scores.
        head_dim: width of GlobalPointer's queries and keys. Default 64.
        efficient: whether labels share queries and keys. Default True.
        words: what the head learns spans of, as `span_dataset(words=...)` gives them: "basic", the basic tokens of
            raw text, or "file", words as a file cuts them. Default "basic"; in `from_preset` what the preset's head
            learned, "file" where it does not say, of older versions.
        dropout: rate of the dropout before the head. Default 0.1.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `labels` are not different names.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, SpanTagger
        >>> tagger = SpanTagger(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False), ("firm", "place"))
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> tagger({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 2, 4, 4)
        True

    Reference:
        [Su et al., 2022](https://arxiv.org/abs/2208.03054)
    """

    heads, head_name, target_kinds = ("entity_pointer",), "spans", SPANS
    shaping = ("head_dim", "efficient")
    noted = ("head_dim", "efficient", "words")

    def __init__(
        self, encoder: BertEncoder, labels: Sequence[str], *, head_dim: int = 64, efficient: bool = True,
        words: str = "basic", dropout: float = 0.1, dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        if not labels or len(set(labels)) != len(labels):
            raise ValueError(f"Expected different labels, received {list(labels)}.")
        check_words(words)
        head_dtype = dtype or encoder.dtype_policy
        dropout_layer = Dropout(dropout, dtype=head_dtype, name="dropout")
        pointer = GlobalPointer(
            len(labels), head_dim=head_dim, efficient=efficient, dtype=head_dtype, name="entity_pointer"
        )
        inputs = encoder.new_inputs()
        x = dropout_layer(encoder(inputs)["sequence_output"])
        super().__init__(encoder, inputs, pointer(x, inputs["padding_mask"]), dtype=dtype, **kwargs)
        self.labels = list(labels)
        self.head_dim = head_dim
        self.efficient = efficient
        self.words = words
        self.dropout = dropout

    def decode(self, scores: np.ndarray, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
        """Read the spans off the outputs.

        Args:
            scores: (batch, labels, length, length) array.
            threshold: probability above which there is a span. Default 0.5, a score of 0.

        Returns:
            (spans, 4) integer array of row, label, begin and end, a position each, in this order; and (spans,) float64
            array of their probabilities.

        Raises:
            ValueError: where `threshold` is no probability.
        """
        found = np.argwhere(scores > logit(threshold))
        return found, sigmoid(scores[tuple(found.T)])

    @classmethod
    def preset_arguments(cls, checkpoint: Checkpoint, *, words: str | None = None, **asked: Any) -> tuple[dict, bool]:
        """Decide whether the preset's head is of this form and for these labels."""
        arguments, is_trained = super().preset_arguments(checkpoint, **asked)
        return arguments | {"words": pretrained_words(checkpoint, words, new=not is_trained)}, is_trained

    @classmethod
    def from_config(cls, config: dict) -> "SpanTagger":
        """Make a model from its config; one of older versions learned spans of its file's words."""
        return super().from_config({"words": "file"} | config)
