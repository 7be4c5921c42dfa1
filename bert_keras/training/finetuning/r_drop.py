"""R-Drop: two passes with different dropout shall say the same."""

import dataclasses
from collections.abc import Callable

import keras
from keras import ops

from bert_keras.training.finetuning.second_pass import second_pass
from bert_keras.training.losses.loss_terms import LossTerms, expect_loss_terms


def add_r_drop(model: LossTerms, weight: float, *, problem_type: str = "single_label_classification") -> None:
    """Make a model learn to give a batch the same outputs whatever its dropout leaves out.

    In training each batch goes through the model twice. The loss is the mean of both, plus `weight` times the
    divergence of both outputs, averaged over rows by their weights: of probabilities, the mean of the Kullback-Leibler
    divergences in both directions; of numbers, the mean squared difference. Evaluation and what is saved stay as they
    are. A step takes about twice as long.

    Args:
        model: task model, or another with `LossTerms`, with dropout, before or after `compile`.
        weight: float, 0 for none. The paper has 0.5 or 1 for most of GLUE.
        problem_type: "single_label_classification", where a softmax goes over the last axis of each output, be it of
            classes, of a token's tags, or of positions in a row; "multi_label_classification", for a sigmoid each; or
            "regression".

    Raises:
        ValueError: for a negative weight, another problem, or a model without `LossTerms`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> from bert_keras.training import AdamW, add_r_drop, classification_loss
        >>> classifier = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=100), num_classes=3)
        >>> add_r_drop(classifier, 1.0)
        >>> classifier.compile(AdamW(1e-4), classification_loss())
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> history = classifier.fit(x, np.array([2]), verbose=0)

    Reference:
        [Liang et al., 2021](https://arxiv.org/abs/2106.14448), section 2; the mean of both losses, where its formula
        has their sum, as in https://github.com/dropreg/R-Drop
    """
    if weight < 0:
        raise ValueError(f"Expected a weight of at least 0, received {weight}.")
    if problem_type not in _DIVERGENCES:
        raise ValueError(f"Expected a problem_type of {', '.join(_DIVERGENCES)}; received {problem_type!r}.")
    if weight:
        expect_loss_terms(model).add_loss_term("r_drop", _RDrop(weight, _DIVERGENCES[problem_type]))


@dataclasses.dataclass(frozen=True)
class _RDrop:
    weight: float
    divergence: Callable

    def __call__(self, model, compute_loss, x, y, y_pred, sample_weight):
        loss = compute_loss(x, y, y_pred, sample_weight)
        other_loss, other = second_pass(model, compute_loss, x, y, sample_weight)
        if hasattr(model, "check_targets"):  # rows without a label have no weight here, too
            _, sample_weight = model.check_targets(x, y, y_pred, sample_weight)
        outputs, others = keras.tree.flatten(y_pred), keras.tree.flatten(other)
        weights = keras.tree.flatten(sample_weight)
        weights = weights * len(outputs) if len(weights) == 1 else weights  # one for all outputs
        parts = (
            _weighted_mean(self.divergence(ops.cast(first, "float32"), ops.cast(second, "float32")), some)
            for first, second, some in zip(outputs, others, weights, strict=True)
        )
        return (loss + other_loss) / 2 + self.weight * sum(parts)


def _between_classes(first, second):
    # KL(p, q) + KL(q, p) = sum of (p - q) (log p - log q)
    difference = ops.softmax(first) - ops.softmax(second)
    return ops.sum(difference * (ops.log_softmax(first) - ops.log_softmax(second)), axis=-1) / 2


def _between_labels(first, second):
    # The same of each label's two chances; the difference of the logarithms is that of the logits.
    return ops.mean((ops.sigmoid(first) - ops.sigmoid(second)) * (first - second), axis=-1) / 2


def _between_numbers(first, second):
    return ops.square(first - second)  # of each number: some models give one a token


def _weighted_mean(values, weights):
    if weights is None:
        return ops.mean(values)
    weights = ops.cast(weights, "float32")
    values = ops.mean(values, axis=tuple(range(len(weights.shape), len(values.shape))))  # spans of a row
    return ops.sum(values * weights) / ops.maximum(ops.sum(weights), 1e-6)


_DIVERGENCES = {
    "single_label_classification": _between_classes,
    "multi_label_classification": _between_labels,
    "regression": _between_numbers,
}
