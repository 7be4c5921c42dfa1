"""The encoder with GlobalPointer: spans with labels, nested ones too."""

import keras
import numpy as np

from bert_keras.layers import Dropout, GlobalPointer
from bert_keras.models.around_encoder import AroundEncoder
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_encoder, pretrained_pointers
from bert_keras.models.probabilities import logit, sigmoid
from bert_keras.models.saved_model import open_preset
from bert_keras.models.tagged_words import pretrained_words
from bert_keras.tagging_schemes import check_words
from bert_keras.training.target_kinds import SPANS
from bert_keras.training.token_statistics import TokenStatistics


@keras.saving.register_keras_serializable(package="bert_keras")
class SpanTagger(TokenStatistics, Presets, AroundEncoder, BatchInputs, keras.Model):
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
            raw text, or "file", words as a file cuts them. Default "basic".
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

    def __init__(
        self, encoder, labels, *, head_dim=64, efficient=True, words="basic", dropout=0.1, dtype=None, **kwargs
    ):
        if not labels or len(set(labels)) != len(labels):
            raise ValueError(f"Expected different labels, received {list(labels)}.")
        check_words(words)
        dtype = dtype or encoder.dtype_policy

        # === Layers ===
        dropout_layer = Dropout(dropout, dtype=dtype, name="dropout")
        pointer = GlobalPointer(len(labels), head_dim=head_dim, efficient=efficient, dtype=dtype, name="entity_pointer")

        # === Functional model ===
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in encoder.input}
        x = dropout_layer(encoder(inputs)["sequence_output"])
        super().__init__(inputs=inputs, outputs=pointer(x, inputs["padding_mask"]), **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
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
    def from_preset(
        cls, directory, labels=None, *, head_dim=None, efficient=None, words=None, dropout=None, **overrides
    ):
        """Load the encoder, and the head where the preset has one of this form for these labels; otherwise it is new.

        Args:
            directory: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
            labels: names of the labels, None for those of the preset's head.
            head_dim: width of queries and keys, None for the preset's, and 64 where it has no such head.
            efficient: whether labels share queries and keys, None for the preset's, and True where it has no such head.
            words: what the head learns spans of, None for the preset's; "file" where its head does not say, of
                transformers or older versions, and "basic" where the head is new.
            dropout: rate of the dropout in the encoder and before the head, None for the preset's.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, a weight does not fit, or
                `labels` is None and the preset has no such head.
        """
        checkpoint = open_preset(directory)
        form = pretrained_pointers(checkpoint, "spans", labels=labels, head_dim=head_dim, efficient=efficient)
        form["labels"] = list(form["labels"])
        is_new = any(checkpoint.task.get(name) != value for name, value in {"head": "spans", **form}.items())
        tagger = cls(
            pretrained_encoder(checkpoint, pooler=False, dropout=dropout, **overrides),
            **form,
            words=pretrained_words(checkpoint, words, new=is_new),
            dropout=checkpoint.classifier_dropout if dropout is None else dropout,
        )
        tagger._load(checkpoint, new=("entity_pointer/",) if is_new else ())
        return tagger

    def _huggingface_form(self):
        names = ("labels", "head_dim", "efficient", "words")
        task = {"head": "spans", **{name: getattr(self, name) for name in names}}
        return "BertModel", {"classifier_dropout": self.dropout, "task": task}

    @property
    def target_kinds(self):
        """What the outputs are asked, for `compile` and the checks of each step."""
        return SPANS

    def get_config(self):
        return super().get_config() | {
            "labels": list(self.labels),
            "head_dim": self.head_dim,
            "efficient": self.efficient,
            "words": self.words,
            "dropout": self.dropout,
        }

    @classmethod
    def from_config(cls, config):
        """Make a model from its config; one of older versions learned spans of its file's words."""
        return super().from_config({"words": "file"} | config)
