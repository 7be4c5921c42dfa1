"""The encoder with a head that sorts texts into classes, or gives them a number."""

import keras
import numpy as np

from bert_keras.layers import ClassificationHead
from bert_keras.models.around_encoder import AroundEncoder, check_labels
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_classes, pretrained_encoder
from bert_keras.models.probabilities import logit
from bert_keras.models.saved_model import open_preset
from bert_keras.models.text_vector import text_vector
from bert_keras.training.classification import PROBLEM_TYPES
from bert_keras.training.target_kinds import OF_PROBLEM
from bert_keras.training.token_statistics import TokenStatistics

# What a head may see, and the head's name: presets tell by it what the head was trained on.
POOLINGS = {
    "pooled": "classification_head",
    "first": "first_classification_head",
    "mean": "mean_classification_head",
}


@keras.saving.register_keras_serializable(package="bert_keras")
class TextClassifier(TokenStatistics, Presets, AroundEncoder, BatchInputs, keras.Model):
    """Sorts a text, or a pair of texts, into classes; gives it several labels; or gives it a number.

    Inputs are those of the encoder. Output is (batch, num_classes) float32 logits: a softmax makes probabilities of
    them, a sigmoid each where a text may have several labels; in a regression the one logit is the predicted value.

    Args:
        encoder: `BertEncoder`.
        num_classes: number of classes, 1 for regression.
        labels: names of the classes in the order of their logits, or None.
        dropout: rate of the dropout before the head. Default 0.1.
        pooling: what the head sees: "pooled", the encoder's pooled output, as in BERT; "first", the first token's
            vector; "mean", the mean of the tokens' vectors. Default "pooled".
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

    def __init__(
        self,
        encoder,
        num_classes,
        *,
        labels=None,
        dropout=0.1,
        pooling="pooled",
        problem_type=None,
        threshold=0.5,
        dtype=None,
        **kwargs,
    ):
        check_labels(labels, num_classes)
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

        # === Layers ===
        head = ClassificationHead(
            num_classes,
            dropout=dropout,
            kernel_initializer=encoder.kernel_initializer,
            dtype=dtype,
            name=POOLINGS[pooling],
        )

        # === Functional model ===
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in encoder.input}
        x = text_vector(encoder, inputs, pooling, dtype=dtype)
        super().__init__(inputs=inputs, outputs=head(x), **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
        self.num_classes = num_classes
        self.labels = labels if labels is None else list(labels)
        self.dropout = dropout
        self.pooling = pooling
        self.problem_type = problem_type
        self.threshold = threshold

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
    def from_preset(
        cls,
        directory,
        num_classes=None,
        *,
        labels=None,
        dropout=None,
        pooling=None,
        problem_type=None,
        threshold=None,
        **overrides,
    ):
        """Load the encoder, and the head where the preset has one for as many classes; otherwise the head is new.

        Args:
            directory: what `bert_keras.models.open_preset` takes: a directory of any format, a name, or an
                object.
            num_classes: number of classes, 1 for regression, None for that of the preset's head.
            labels: names of the classes, None for those of the preset's head.
            dropout: rate of the dropout in the encoder and before the head, None for the preset's.
            pooling: what the head sees; see the class. None for what the preset's head was trained on, or, without a
                head, a sentence encoder's own pooling, as sentence-transformers notes it; else "pooled".
            problem_type: what the classes are; None for what the preset's head was trained for.
            threshold: probability of a label; None for the preset's.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, a weight does not fit,
                `num_classes` is None and the preset has no such head, or the head was trained for other `labels`.
        """
        checkpoint = open_preset(directory)
        heads = {name.split("/")[0] for name in checkpoint.shapes}
        trained_on = next((name for name, head in POOLINGS.items() if head in heads), checkpoint.sentence_pooling)
        pooling = pooling or trained_on or "pooled"
        _check_pooling(pooling)
        num_classes, labels, new = pretrained_classes(checkpoint, POOLINGS[pooling], num_classes, labels)
        task = {} if new else checkpoint.task
        classifier = cls(
            pretrained_encoder(checkpoint, pooler=pooling == "pooled", dropout=dropout, **overrides),
            num_classes,
            labels=labels,
            dropout=checkpoint.classifier_dropout if dropout is None else dropout,
            pooling=pooling,
            problem_type=problem_type or (None if new else checkpoint.problem_type),
            threshold=task.get("threshold", 0.5) if threshold is None else threshold,
        )
        classifier._load(checkpoint, new=new)
        return classifier

    def _huggingface_form(self):
        # transformers classifies the pooled output alone; beside the encoder that it reads, another head is ours.
        return "BertForSequenceClassification" if self.pooling == "pooled" else "BertModel", {
            "labels": self.labels and list(self.labels),
            "num_classes": self.num_classes,
            "classifier_dropout": self.dropout,
            "problem_type": self.problem_type,
            "task": {} if self.threshold == 0.5 else {"threshold": self.threshold},
        }

    @property
    def target_kinds(self):
        """What the outputs are asked, for `compile` and the checks of each step."""
        return OF_PROBLEM[self.problem_type]

    def get_config(self):
        return super().get_config() | {
            "num_classes": self.num_classes,
            "labels": self.labels and list(self.labels),
            "dropout": self.dropout,
            "pooling": self.pooling,
            "problem_type": self.problem_type,
            "threshold": self.threshold,
        }


def _check_pooling(pooling):
    if pooling not in POOLINGS:
        raise ValueError(f"Expected pooling to be one of {', '.join(POOLINGS)}; received {pooling!r}.")
