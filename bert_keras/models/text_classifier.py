"""The encoder with a head that sorts texts into classes, or gives them a number."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import Family, family_named
from bert_keras.layers import ClassificationHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.pretrained_classes import check_labels, pretrained_classes
from bert_keras.models.probabilities import logit
from bert_keras.models.task_model import TaskModel
from bert_keras.models.text_vector import text_vector
from bert_keras.training.classification import PROBLEM_TYPES
from bert_keras.training.target_kinds import OF_PROBLEM, TargetKind

POOLINGS = ("pooled", "first", "mean")
_OWN = "classification_head"


def head_name(pooling: str, family: Family) -> str:
    """Name the head that sees a text so: a preset from before, that does not note the pooling, is told by it.

    Args:
        pooling: one of `POOLINGS`.
        family: table of the encoder's family.

    Returns:
        "classification_head" for the family's own pooling, whose form transformers has, too; else one of our names.
    """
    return _OWN if family.has_pooling(_OWN, pooling) else f"{pooling}_{_OWN}"


@keras.saving.register_keras_serializable(package="bert_keras")
class TextClassifier(TaskModel):
    """Sorts a text, or a pair of texts, into classes; gives it several labels; or gives it a number.

    Inputs are those of the encoder. Output is (batch, num_classes) float32 logits: a softmax makes probabilities of
    them, a sigmoid each where a text may have several labels; in a regression the one logit is the predicted value.

    Args:
        encoder: `BertEncoder`.
        num_classes: number of classes, 1 for regression.
        labels: names of the classes in the order of their logits, or None.
        dropout: rate of the dropout before the head. Default 0.1.
        pooling: what the head sees: "pooled", the encoder's pooled output, as in BERT; "first", the first token's
            vector; "mean", the mean of the tokens' vectors. Default None, what the encoder's family has, whose own head
            may have a hidden layer: RoBERTa's and DistilBERT's, that see the first token. In `from_preset` what the
            preset's head was trained on, or, without a head, a sentence encoder's own pooling, as sentence-transformers
            notes it.
        problem_type: "single_label_classification", "multi_label_classification" or "regression", for who trains the
            model or reads its outputs. Default None, which is "regression" for one class and the first for more.
        threshold: probability from which on a text has a label, where it may have several. Default 0.5.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `labels` are not `num_classes` different names, `pooling` or `problem_type` is none of the
            three, a regression has several classes, or "pooled" is asked of an encoder without a pooler.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> classifier = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=100), num_classes=3)
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> classifier({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 3)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 4.1.
    """

    heads = (_OWN, *(f"{pooling}_{_OWN}" for pooling in POOLINGS))

    def __init__(
        self, encoder: BertEncoder, num_classes: int, *, labels: Sequence[str] | None = None, dropout: float = 0.1,
        pooling: str | None = None, problem_type: str | None = None, threshold: float = 0.5,
        dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        check_labels(labels, num_classes)
        family = family_named(encoder.family)
        form = family.head_form(_OWN)
        pooling = pooling or form.pooling
        _check_pooling(pooling)
        if pooling == "pooled" and not encoder.pooler:
            raise ValueError('pooling="pooled" needs an encoder with a pooler; choose "first" or "mean".')
        problem_type = problem_type or PROBLEM_TYPES[-1 if num_classes == 1 else 0]
        if problem_type not in PROBLEM_TYPES or (problem_type == "regression" and num_classes != 1):
            raise ValueError(
                f"Expected problem_type to be one of {', '.join(PROBLEM_TYPES)}, a regression with one class; "
                f"received {problem_type!r} with {num_classes}."
            )
        dtype = dtype or encoder.dtype_policy
        is_own = family.has_pooling(_OWN, pooling)
        head = ClassificationHead(
            num_classes, dropout=dropout, kernel_initializer=encoder.kernel_initializer, dtype=dtype,
            name=head_name(pooling, family), **form.hidden(encoder.layer_norm_epsilon) if is_own else {},
        )  # fmt: skip
        inputs = encoder.new_inputs()
        outputs = head(text_vector(encoder, inputs, pooling, dtype=dtype))
        super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        self.num_classes = num_classes
        self.labels = labels if labels is None else list(labels)
        self.dropout = dropout
        self.pooling = pooling
        self.problem_type = problem_type
        self.threshold = threshold

    @property
    def kind(self) -> str:
        """What others read it as: they have the family's own head alone; one that sees something else is ours."""
        return "text_classification" if self.head_layer.name == _OWN else "encoder"

    @property
    def head_layer(self) -> ClassificationHead:
        """The layer that gives the logits."""
        return self.get_layer(head_name(self.pooling, family_named(self.encoder.family)))

    @property
    def target_kinds(self) -> TargetKind:
        """What the outputs are asked, for `compile` and the checks of each step."""
        return OF_PROBLEM[self.problem_type]

    def decode(self, logits: np.ndarray) -> list:
        """Read predictions off the outputs.

        Args:
            logits: (batch, num_classes) array.

        Returns:
            for each text the number of its class; the tuple of its labels' numbers, which are those from `threshold`
            on; or, in a regression, a float.

        Example:
            >>> import numpy as np
            >>> from bert_keras.models import BertEncoder, TextClassifier
            >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
            >>> TextClassifier(encoder, 3).decode(np.array([[1.0, 2.0, 0.5]]))
            [1]
            >>> classifier = TextClassifier(encoder, 3, problem_type="multi_label_classification")
            >>> classifier.decode(np.array([[3.0, -1.0, 0.5]]))
            [(0, 2)]
        """
        logits = np.asarray(logits)
        if self.problem_type == "regression":
            return logits[:, 0].tolist()
        if self.problem_type == "multi_label_classification":
            least = logit(self.threshold)
            return [tuple(np.flatnonzero(row >= least).tolist()) for row in logits]
        return logits.argmax(-1).tolist()

    @classmethod
    def needs_pooler(cls, *, pooling: str, **arguments: Any) -> bool:
        """Tell whether the head sees the pooled output."""
        return pooling == "pooled"

    @classmethod
    def preset_arguments(
        cls, checkpoint: Checkpoint, *, num_classes: int | None = None, labels: Sequence[str] | None = None,
        pooling: str | None = None, **asked: Any,
    ) -> tuple[dict, bool]:  # fmt: skip
        """Decide whether the preset's head is for these classes, and has seen this pooling."""
        family, heads = checkpoint.family, {name.split("/")[0] for name in checkpoint.shapes}
        trained_on = next((p for p in POOLINGS if head_name(p, family) in heads), checkpoint.sentence_pooling)
        pooling = pooling or checkpoint.settings.get("pooling") or trained_on or family.head_form(_OWN).pooling
        _check_pooling(pooling)
        classes, is_trained = pretrained_classes(checkpoint, head_name(pooling, family), num_classes, labels)
        return (checkpoint.settings if is_trained else {}) | asked | classes | {"pooling": pooling}, is_trained

    def preset_settings(self) -> dict:
        """As every model, but without the pooling where it is the only one of the family's own head."""
        settings = super().preset_settings()
        if self.head_layer.name == _OWN and family_named(self.encoder.family).poolings is None:
            del settings["pooling"]
        return settings


def _check_pooling(pooling):
    if pooling not in POOLINGS:
        raise ValueError(f"Expected pooling to be one of {', '.join(POOLINGS)}; received {pooling!r}.")
