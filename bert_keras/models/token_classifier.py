"""The encoder with a head that gives every token a tag."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import family_named
from bert_keras.layers import CRF, TokenClassificationHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.pretrained_classes import check_labels, pretrained_classes
from bert_keras.models.tagged_words import pretrained_words
from bert_keras.models.task_model import TaskModel
from bert_keras.tagging_schemes import check_scheme, check_words, split_tag, transition_table
from bert_keras.training.target_kinds import SEQUENCES_OF_TAGS, TAGS, TargetKind
from bert_keras.types import Logs, Tensor

HEADS = ("linear", "crf")
_HEAD = "token_classification_head"


@keras.saving.register_keras_serializable(package="bert_keras")
class TokenClassifier(TaskModel):
    """Gives every token a tag, as in named entity recognition or part-of-speech tagging.

    Inputs are those of the encoder. Output is (batch, length, num_tags) float32 logits, at padding and special tokens
    too: weights of 0 leave those, and the later pieces of words, out of the loss and of weighted metrics.

    The loss comes with the head, so `compile` needs none: for "linear" the mean cross-entropy of the positions that
    have weight, for "crf" minus the log-likelihood of the sequences that these positions make, by position. Metrics
    see what `decode` says.

    Args:
        encoder: `BertEncoder`; its pooler is not used, so nothing trains one: `pooler=False` spares Keras a warning.
        num_tags: number of tags.
        labels: names of the tags in the order of their logits, or None.
        head: "linear" scores every position by itself; "crf" scores sequences of tags, learns which tag stands beside
            which, and with a `scheme` never gives a sequence that breaks its rules. Default "linear".
        scheme: how the tags spell spans, one of `bert_keras.tagging_schemes.SCHEMES`, such as "BIO", "BIOES", "BILOU"
            or "BMES"; None where they do not, as parts of speech.
        words: what the head learns tags of, as `tagging_dataset(words=...)` gives them: "basic", the basic tokens of
            raw text, or "file", words as a file cuts them. Default "basic"; in `from_preset` what the preset's head
            learned, "file" where it does not say, of transformers or older versions.
        dropout: rate of the dropout before the head. Default 0.1.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `labels` are not `num_tags` different names, or not tags of `scheme`, or `head` is no such.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TokenClassifier
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False)
        >>> tagger = TokenClassifier(encoder, num_tags=3, labels=("O", "B-PER", "I-PER"))
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> tagger({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 4, 3)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 5.3;
        [Lample et al., 2016](https://arxiv.org/abs/1603.01360), section 2.2.
    """

    heads = (_HEAD, "crf")
    noted = ("head", "scheme", "words")

    def __init__(
        self, encoder: BertEncoder, num_tags: int, *, labels: Sequence[str] | None = None, head: str = "linear",
        scheme: str | None = None, words: str = "basic", dropout: float = 0.1,
        dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        check_labels(labels, num_tags)
        if head not in HEADS:
            raise ValueError(f"Expected head to be one of {', '.join(HEADS)}; received {head!r}.")
        if scheme is not None:
            check_scheme(scheme)
            for label in labels or ():
                split_tag(label, scheme)
        check_words(words)
        form = family_named(encoder.family).head_form(_HEAD)
        scorer = TokenClassificationHead(
            num_tags, dropout=dropout, kernel_initializer=encoder.kernel_initializer,
            dtype=dtype or encoder.dtype_policy, name=_HEAD, **form.hidden(encoder.layer_norm_epsilon),
        )  # fmt: skip
        crf = None
        if head == "crf":
            table = transition_table(labels, scheme) if scheme is not None and labels is not None else None
            crf = CRF(num_tags, allowed_transitions=table, name="crf")
        inputs = encoder.new_inputs()
        outputs = scorer(encoder(inputs)["sequence_output"])
        super().__init__(encoder, inputs, outputs if crf is None else crf(outputs), dtype=dtype, **kwargs)
        self.num_tags = num_tags
        self.labels = labels if labels is None else list(labels)
        self.head = head
        self.scheme = scheme
        self.words = words
        self.dropout = dropout

    @property
    def kind(self) -> str:
        """What others read it as: they take the best tag of each token, which is not what a CRF decodes."""
        return "encoder" if self.head == "crf" else "token_classification"

    @property
    def target_kinds(self) -> TargetKind:
        """What the outputs are asked, for `compile` and the checks of each step."""
        return SEQUENCES_OF_TAGS if self.head == "crf" else TAGS

    def decode(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Turn logits into tags: each position's best, or with a CRF those of the best sequence.

        Args:
            logits: (batch, length, num_tags) tensor.
            mask: (batch, length) boolean tensor, the positions that have a tag.

        Returns:
            (batch, length) int32 numbers of tags; 0 where the mask is False.
        """
        if self.head == "crf":
            return self.get_layer("crf").decode(logits, mask)
        return ops.cast(ops.argmax(logits, axis=-1), "int32") * ops.cast(mask, "int32")

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As every model; a CRF says in the log which optimizers move it too far."""
        super().compile(*args, **kwargs)
        if self.head == "crf":
            self.get_layer("crf").check_optimizer(self.optimizer)

    def task_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool | None = True
    ) -> Tensor:
        """Return the head's own loss, unless a linear head was compiled with another."""
        if sample_weight is not None and len(sample_weight.shape) != 2:
            raise ValueError(
                "Expected a sample_weight for each token, (batch, length), as tagging_dataset gives it; received the "
                f"shape {tuple(sample_weight.shape)}, which class_weight makes, too."
            )
        if self._compile_loss is not None:
            return super().task_loss(x, y, y_pred, sample_weight, training=training)
        y, weights = self.check_targets(x, y, y_pred, sample_weight)
        num_words = ops.maximum(ops.sum(weights), 1e-6)
        if self.head == "crf":
            mask = ops.not_equal(weights, 0)
            losses = -self.get_layer("crf").log_likelihood(y_pred, y, mask) + 0 * ops.sum(weights, axis=1)
            # The metrics are updated here, where the CRF's weights are in reach: on JAX `compute_metrics` sees none.
            super().compute_metrics(x, y, ops.one_hot(self.decode(y_pred, mask), self.num_tags), weights)
        else:
            losses = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True) * weights
        # Scaled for the replicas of a `tf.distribute` strategy, as Keras scales a compiled loss.
        own = self._aggregate_additional_loss(ops.sum(losses) / num_words)
        return own + sum(map(self._aggregate_additional_loss, self.losses))

    def check_targets(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any]:
        """As every model, but without weights the positions that are not padding count."""
        if sample_weight is None:
            sample_weight = ops.cast(ops.not_equal(x["padding_mask"], 0), "float32")
        return super().check_targets(x, y, y_pred, sample_weight)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Logs:
        """Metrics of the decoded tags, as if they had all the probability; with a CRF `compute_loss` updates them."""
        if self.head == "crf" and self._compile_metrics is not None and self._compile_metrics.built:
            return self.get_metrics_result()
        return super().compute_metrics(x, y, y_pred, sample_weight)

    @classmethod
    def preset_arguments(
        cls, checkpoint: Checkpoint, *, num_tags: int | None = None, labels: Sequence[str] | None = None,
        words: str | None = None, **asked: Any,
    ) -> tuple[dict, bool]:  # fmt: skip
        """Decide whether the preset's head is for these tags; the steps of a CRF that it has not are new."""
        classes, is_trained = pretrained_classes(checkpoint, _HEAD, num_tags, labels, argument="num_tags")
        words = pretrained_words(checkpoint, words, new=not is_trained)
        return (checkpoint.settings if is_trained else {}) | asked | classes | {"words": words}, is_trained

    @classmethod
    def from_config(cls, config: dict) -> "TokenClassifier":
        """Make a model from its config; one of older versions learned tags of its file's words."""
        return super().from_config({"words": "file"} | config)
