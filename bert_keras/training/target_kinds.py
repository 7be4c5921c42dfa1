"""What an output is asked for: which losses and metrics of Keras fit it, and which labels it may be given."""

import dataclasses
import logging
import re
from collections.abc import Callable
from typing import Any

import keras

from bert_keras.keras_internals import loss_of_function
from bert_keras.ops.check_labels import check_distributions, check_labels, check_numbers, check_spans
from bert_keras.training.losses.class_losses import ClassLoss, LabelsLoss, NumberLoss
from bert_keras.training.losses.masked_lm_loss import MaskedLMLoss
from bert_keras.training.losses.multiple_negatives_ranking_loss import MultipleNegativesRankingLoss
from bert_keras.training.losses.replaced_token_loss import ReplacedTokenLoss, scores_of_two
from bert_keras.training.losses.span_loss import SpanLoss
from bert_keras.training.metrics.classification_metrics import AllLabelsAccuracy, ClassAccuracy
from bert_keras.training.metrics.replaced_token_accuracy import ReplacedTokenAccuracy

_LOG = logging.getLogger("bert_keras")
_SHORT_NAMES = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy"}
_SHORT_NAMES |= {"mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error"}
_F_SCORES = ("f1score", "fbeta_score")
_KERAS_MEAN, _COUNTED_MEAN = "sum_over_batch_size", "mean_with_sample_weight"
_OF_NUMBERS = (keras.losses.SparseCategoricalCrossentropy, MaskedLMLoss)  # of classes
_SHORT_NAMES |= {  # functions whose class is called otherwise
    "top_k_categorical_accuracy": "top_kcategorical_accuracy",
    "sparse_top_k_categorical_accuracy": "sparse_top_kcategorical_accuracy",
}
_CROSSENTROPY, _ACCURACY = ("crossentropy", "ce"), ("accuracy", "acc")  # Keras chooses which by shapes


@dataclasses.dataclass(frozen=True)
class TargetKind:
    """One kind of targets.

    Args:
        name: what the targets are, for messages.
        loss: function of a name that gives the kind's own loss, or None where a model computes it.
        own: the names by which Keras calls that loss.
        losses: names of the losses of Keras that fit besides, given logits where they can be.
        metrics: names of the metrics of Keras that fit.
        advice: what to write instead, for messages.
        accuracy: function of a name that gives the metric "accuracy", None where there is none.
        check: function (targets, scores, sample_weight, name, is_one_hot) that gives targets and weights, checked.
    """

    name: str
    loss: Callable | None
    own: tuple[str, ...]
    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    advice: str
    accuracy: Callable | None
    check: Callable

    def fitting_loss(self, loss: Any, output: str | None = None) -> Any:
        """Turn what `compile` was given into the loss that is meant, averaged over the rows that count.

        Also of a loss object of Keras whose reduction is "sum_over_batch_size", which is Keras' default: it would
        divide by the rows of weight 0 as well, that fill up a batch. So with functions. Another reduction stays.

        Args:
            loss: str, function or object, or None for the kind's own.
            output: name of the output, None for a model's only one.

        Returns:
            what `keras.Model.compile` takes.

        Raises:
            ValueError: where a loss of Keras does not fit.
        """
        if loss is None or (isinstance(loss, str) and loss.lower() in _CROSSENTROPY and self.own):
            return self._own_loss(output)
        known = keras.losses.get(loss)
        name = _name_in_keras(known)
        if name is None:
            return self._from_elsewhere(known)
        is_object = isinstance(known, keras.losses.Loss) and not isinstance(loss, str)
        if not is_object and name in self.own:
            return self._own_loss(output)
        if name not in (*self.own, *self.losses):
            raise ValueError(f"loss={_shown(loss)} does not fit{_of(output)} {self.name}: {self.advice}")
        if not is_object:
            return self._leaving_out(_given_logits(getattr(keras.losses, _class_name(name)), reduction=_COUNTED_MEAN))
        if known.get_config().get("from_logits") is False:
            raise ValueError(
                f"loss={_shown(loss)} takes the scores{_of(output)} for probabilities, but they are logits: give it "
                f"from_logits=True. Or {self.advice}"
            )
        reduction = _COUNTED_MEAN if known.reduction == _KERAS_MEAN else known.reduction
        return self._leaving_out(type(known).from_config(known.get_config() | {"reduction": reduction}))

    def fitting_metric(self, metric: Any, output: str | None = None, *, is_one_hot: bool = False) -> Any:
        """Turn what `compile` was given into the metric that is meant.

        Args:
            metric: str, function or object.
            output: name of the output, None for a model's only one.
            is_one_hot: whether classes are given as rows of 0 and one 1, None where that is not known.

        Returns:
            what `keras.Model.compile` takes.

        Raises:
            ValueError: where a metric of Keras does not fit.
        """
        if isinstance(metric, str) and metric.lower() in _ACCURACY and self.accuracy:
            return keras.metrics.CategoricalAccuracy(name=metric) if is_one_hot else self.accuracy(metric)
        if isinstance(metric, str) and metric.lower() in _CROSSENTROPY and self.own:
            name = "categorical_crossentropy" if is_one_hot else self.own[0]
            return _given_logits(getattr(keras.metrics, _class_name(name)), name=metric)
        known = keras.metrics.get(metric)
        name = _name_in_keras(known)
        if name is None:
            return metric
        if not isinstance(known, keras.metrics.Metric):  # a function
            name = "log_cosh_error" if name == "log_cosh" else name
        if name in _F_SCORES and self.check is _check_labels:
            raise ValueError(
                f"The metric {_shown(metric)} compares the scores{_of(output)} with a probability, but they are "
                "logits, and Keras lets it have no threshold of 0: write training.MultiLabelF1(num_classes)."
            )
        if name not in self.metrics:
            raise ValueError(f"The metric {_shown(metric)} does not fit{_of(output)} {self.name}: {self.advice}")
        if is_one_hot is not None and self.check is _check_classes and is_one_hot == name.startswith("sparse"):
            given = "rows of 0 and one 1" if is_one_hot else "numbers of classes"
            raise ValueError(
                f"The metric {_shown(metric)} does not fit{_of(output)} the loss, which takes {given}: write "
                f'"accuracy", or "{_of_other_classes(name)}".'
            )
        if isinstance(metric, str) or not isinstance(metric, keras.metrics.Metric):
            shown = metric if isinstance(metric, str) else getattr(metric, "__name__", name)
            return _given_logits(_metric_class(name), name=shown)
        config = known.get_config()
        if config.get("from_logits") is False:
            raise ValueError(
                f"The metric {_shown(metric)} takes the scores{_of(output)} for probabilities, but they are logits: "
                "give it from_logits=True."
            )
        thresholds = config.get("threshold", config.get("thresholds", 0.0))
        if thresholds is None or thresholds == 0.5:
            option = "threshold" if "threshold" in config else "thresholds"
            raise ValueError(
                f"The metric {_shown(metric)} compares the scores{_of(output)} with a probability of 0.5, but they are "
                f"logits: give it {option}=0.0."
            )
        return metric

    def is_one_hot(self, loss: Any) -> bool | None:
        """Tell whether a loss that `fitting_loss` gave wants classes as rows of 0 and one 1.

        Args:
            loss: what it gave.

        Returns:
            bool, or None for a loss made elsewhere, which may want either.
        """
        if self.check is not _check_classes or loss is None or isinstance(loss, _OF_NUMBERS):
            return False
        name = _name_in_keras(loss)
        return takes_one_hot(loss) if name or takes_one_hot(loss) else None

    def _from_elsewhere(self, loss):
        if not isinstance(loss, keras.losses.Loss):
            return loss_of_function(loss, _COUNTED_MEAN, getattr(loss, "__name__", None))
        if getattr(loss, "reduction", None) == _KERAS_MEAN:
            inner = getattr(loss, "loss", loss)  # of a loss around it, whose reduction it has
            _LOG.warning(
                "The loss %s is averaged over all rows of a batch, also those of weight 0 that fill it up; make it "
                'with %s(reduction="%s"), which keras.losses.Loss takes.',
                type(loss).__name__, type(inner).__name__, _COUNTED_MEAN,
            )  # fmt: skip
        return loss

    def _leaving_out(self, loss):
        if self.check is _check_classes:
            loss.leaves_out_no_label = True  # -100, which `check` gives the weight 0
        return loss

    def _own_loss(self, output):
        return self.loss and (self.loss(name=output) if output else self.loss())


def takes_one_hot(loss: Any) -> bool:
    """Tell whether a loss of Keras takes classes as rows of 0 and one 1.

    Args:
        loss: any loss.
    """
    return isinstance(loss, (keras.losses.CategoricalCrossentropy, keras.losses.CategoricalFocalCrossentropy))


def _of(output):
    return f" of {output}" if output else ""


def _shown(given):
    return repr(given) if isinstance(given, str) else getattr(given, "__name__", type(given).__name__)


def _name_in_keras(known):
    """Return the name of a loss or metric of Keras, in lower case with underscores; None for any other."""
    kind = known if callable(known) and hasattr(known, "__name__") else type(known)
    if known is None or not getattr(kind, "__module__", "").startswith("keras."):
        return None
    if kind.__name__ in ("LossFunctionWrapper", "MeanMetricWrapper"):
        function = getattr(known, "fn", None) or getattr(known, "_fn", None)
        return function and _name_in_keras(function)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
    return _SHORT_NAMES.get(name, name)


def _metric_class(name):
    kinds = (kind for kind in vars(keras.metrics).values() if isinstance(kind, type))
    return next(kind for kind in kinds if _name_in_keras(kind) == name)


def _of_other_classes(name):
    """Return the metric of one-hot rows for that of numbers of classes, and the other way round, as Keras spells it."""
    name = name.replace("top_kcategorical", "top_k_categorical")
    return name.removeprefix("sparse_") if name.startswith("sparse_") else f"sparse_{name}"


def _class_name(name):
    return "".join(part.capitalize() for part in name.split("_"))


def _given_logits(maker, **arguments):
    """Make a loss or metric, that knows that it is given logits if it can."""
    config = maker(**arguments).get_config()
    if "from_logits" in config:
        arguments["from_logits"] = True
    for option in {"threshold", "thresholds"} & config.keys():
        arguments[option] = 0.0
    return maker(**arguments)


def _check_classes(targets, scores, sample_weight, name, is_one_hot=False):
    if is_one_hot is None:  # a loss that was made elsewhere
        is_one_hot = len(targets.shape) == len(scores.shape) and targets.shape[-1] == scores.shape[-1] != 1
    check = check_distributions if is_one_hot else check_labels
    return check(targets, scores, sample_weight, name=name)


def _check_labels(targets, scores, sample_weight, name, is_one_hot=False):
    return check_numbers(targets, sample_weight, scores=scores, smallest=0, largest=1, name=name)


def _check_replaced(targets, scores, sample_weight, name, is_one_hot=False):
    return check_labels(targets, scores_of_two(scores), sample_weight, name=name)


def _check_number(targets, scores, sample_weight, name, is_one_hot=False):
    return check_numbers(targets, sample_weight, scores=scores, name=name)


def _check_vectors(targets, scores, sample_weight, name, is_one_hot=False):
    checked, weights = check_numbers(targets, sample_weight, name=name)
    is_float = keras.backend.is_float_dtype(targets.dtype)
    return checked if is_float else targets, weights  # float32 does not hold all numbers of groups


def _check_spans(targets, scores, sample_weight, name, is_one_hot=False):
    return check_spans(targets, scores, sample_weight, name=name)


_OF_CLASSES = {
    "own": ("sparse_categorical_crossentropy",),
    "losses": ("categorical_crossentropy", "categorical_focal_crossentropy"),
    "metrics": (
        "sparse_categorical_accuracy",
        "sparse_top_kcategorical_accuracy",
        "sparse_categorical_crossentropy",
        "categorical_accuracy",
        "top_kcategorical_accuracy",
        "categorical_crossentropy",
    ),
    "accuracy": ClassAccuracy,
    "check": _check_classes,
}
CLASSES = TargetKind(
    name="numbers of classes",
    loss=ClassLoss,
    advice="leave `loss` out, or write loss=training.classification_loss(), "
    "weighted_metrics=training.classification_metrics(num_classes=...).",
    **_OF_CLASSES,
)
TAGS = TargetKind(
    name="numbers of tags",
    loss=None,
    advice='leave `loss` out, for the head brings its own, and write weighted_metrics=["accuracy"] or '
    "weighted_metrics=[training.EntityF1(labels)].",
    **_OF_CLASSES,
)
SEQUENCES_OF_TAGS = TargetKind(
    name="sequences of tags",
    loss=None,
    advice='a CRF brings its own loss; leave `loss` out, and write weighted_metrics=["accuracy"] or '
    "weighted_metrics=[training.EntityF1(labels)].",
    **_OF_CLASSES | {"own": (), "losses": ()},
)
TOKENS = TargetKind(
    name="token ids",
    loss=MaskedLMLoss,
    advice="leave `loss` out, or write loss=training.pretraining_losses(), "
    "weighted_metrics=training.pretraining_metrics().",
    **_OF_CLASSES,
)
NEXT_TOKENS = dataclasses.replace(
    TOKENS, name="the ids of the next tokens", advice='leave `loss` out, and write weighted_metrics=["accuracy"].'
)
POSITIONS = TargetKind(
    name="positions in a row",
    loss=ClassLoss,
    advice="leave `loss` out, or write loss=training.question_answering_losses().",
    **_OF_CLASSES,
)
LABELS = TargetKind(
    name="labels of which a text may have several",
    loss=LabelsLoss,
    own=("binary_crossentropy",),
    losses=("binary_focal_crossentropy",),
    metrics=("auc", "binary_accuracy", "binary_crossentropy", "precision", "recall"),
    advice='leave `loss` out, or write loss=training.classification_loss("multi_label_classification"), '
    'weighted_metrics=training.classification_metrics("multi_label_classification", num_classes=...).',
    accuracy=lambda name: AllLabelsAccuracy(name=name),
    check=_check_labels,
)
NUMBERS = TargetKind(
    name="numbers of a regression",
    loss=NumberLoss,
    own=("mean_squared_error",),
    losses=(
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
    ),
    metrics=(
        "mean_squared_error",
        "root_mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "log_cosh_error",
        "r2score",
    ),
    advice='leave `loss` out, or write loss=training.classification_loss("regression"), '
    'weighted_metrics=training.classification_metrics("regression"). For classes build the model with their number, '
    'or with problem_type="multi_label_classification" for one that a text has or has not.',
    accuracy=None,
    check=_check_number,
)
REPLACED_TOKENS = TargetKind(
    name="1 for a replaced token and 0 for a real one",
    loss=ReplacedTokenLoss,
    own=(),
    losses=(),
    metrics=("auc", "precision", "recall"),
    advice='leave `loss` out, or write loss=training.ReplacedTokenLoss(), weighted_metrics=["accuracy"].',
    accuracy=lambda name: ReplacedTokenAccuracy(name=name),
    check=_check_replaced,
)
SPANS = TargetKind(
    name="spans",
    loss=SpanLoss,
    own=(),
    losses=(),
    metrics=(),
    advice="leave `loss` out, or write loss=training.SpanLoss(), weighted_metrics=[training.SpanF1()].",
    accuracy=None,
    check=_check_spans,
)
VECTORS = TargetKind(
    name="groups or scores of a row's texts",
    loss=MultipleNegativesRankingLoss,
    own=(),
    losses=(),
    metrics=(),
    advice="leave `loss` out, or write one of the losses of a SentenceEncoder in bert_keras.training, such as "
    "training.CoSENTLoss().",
    accuracy=None,
    check=_check_vectors,
)
OF_PROBLEM = {
    "single_label_classification": CLASSES,
    "multi_label_classification": LABELS,
    "regression": NUMBERS,
}
