"""A model that knows what its outputs are asked: losses and metrics that fit, labels that are refused."""

import warnings
from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import counted
from bert_keras.training.target_kinds import CLASSES
from bert_keras.types import DType, Logs, Tensor


class TargetChecks:
    """Mixin of a model around an encoder: `compile` takes what fits the model's outputs, which are logits.

    Without `loss` the model trains with its own, and without metrics it has none, whatever an earlier `compile` said.
    `"accuracy"`, the names of Keras' losses, and its functions mean what
    fits: cross-entropies that take logits, and that are averaged over the rows that count. So are objects of Keras'
    losses, unless they have another reduction than Keras' default. A loss or metric of Keras that does not fit is
    refused, with what to write. All metrics, those in `metrics` too, leave out rows and positions
    of weight 0, which fill up batches; of weights, only `weighted_metrics` take the number.

    In each step labels that the outputs have no place for are refused, in numbers or in shape, and negative weights,
    too; labels that are -100, or rows of -100 where classes are rows of 0 and one 1, have no weight: see
    `bert_keras.ops.check_labels`.

    Put it before `keras.Model` among the bases. The model says what is asked in `target_kinds`, a
    `bert_keras.training.target_kinds.TargetKind` or a dict of them by output.
    """

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.compile`, with losses and metrics that fit; see `TargetChecks`.

        Raises:
            ValueError: where a loss or metric of Keras does not fit what the model gives out.
        """
        if not hasattr(self, "target_kinds"):
            raise ValueError(
                f"{type(self).__name__} must say what its outputs are asked: target_kinds = a TargetKind, or a dict of "
                "them by output; bert_keras.training.target_kinds has CLASSES, TAGS, POSITIONS, LABELS, NUMBERS, ..."
            )
        loss = self._fitting_losses(loss)
        counting = self._fitting_metrics(metrics, loss, lambda metric: CountedRows(_as_metric(metric)))
        taken = self._fitting_metrics(weighted_metrics, loss, lambda metric: metric)
        # Where none are given, Keras would keep those of an earlier compile.
        self.loss = self._compile_loss = self._compile_metrics = None
        super().compile(
            optimizer=optimizer,
            loss=loss,
            loss_weights=loss_weights,
            weighted_metrics=_joined(counting, taken),
            **kwargs,
        )

    def compile_from_config(self, config: Any) -> None:
        """As `keras.Model.compile_from_config`."""
        config = keras.saving.deserialize_keras_object(config)
        try:
            self.compile(**config)
        except ValueError as error:  # an older file: its weights are sound
            warnings.warn(f"The model was loaded, but not compiled. {error}", stacklevel=2)
            return
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def fit(self, *args: Any, class_weight: dict[int, float] | None = None, **kwargs: Any) -> keras.callbacks.History:
        """As `keras.Model.fit`.

        Raises:
            ValueError: where `class_weight` is given and rows have no class, or names a class that is none.
        """
        if class_weight is not None:
            self._check_class_weight(class_weight)
            kwargs["class_weight"] = class_weight
        return super().fit(*args, **kwargs)

    def check_targets(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Refuse wrong labels, and give those that are none the weight 0.

        Args:
            x: inputs of the batch.
            y: targets of the batch.
            y_pred: outputs of the batch.
            sample_weight: weights of the batch, or None.

        Returns:
            targets and weights; for several outputs, dicts.
        """
        kinds = self.target_kinds
        if y is None:
            return y, sample_weight
        sample_weight = self.target_weights(x, y, sample_weight)
        if not isinstance(kinds, dict):
            if isinstance(y, dict):
                raise ValueError(f"labels must be one array, for {kinds.name}; received a dict of {', '.join(y)}.")
            is_one_hot = kinds.is_one_hot(self.loss)
            return kinds.check(ops.convert_to_tensor(y), y_pred, sample_weight, "labels", is_one_hot)
        y, sample_weight = self._by_output(y, "labels"), self._by_output(sample_weight, "sample_weight")
        losses = self.loss if isinstance(self.loss, dict) else {}
        if missing := [name for name in kinds if losses.get(name) is not None and y.get(name) is None]:
            raise ValueError(
                f"labels must be a dict of {', '.join(kinds)}, the model's outputs; received "
                f"{', '.join(sorted(y))}, without {', '.join(missing)}."
            )
        targets, weights = {}, {}
        for name, kind in kinds.items():
            if y.get(name) is not None:
                target, is_one_hot = ops.convert_to_tensor(y[name]), kind.is_one_hot(losses.get(name))
                targets[name], weights[name] = kind.check(
                    target, y_pred[name], sample_weight.get(name), f"labels of {name}", is_one_hot
                )
        return targets, weights

    def target_weights(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """Give the weights of a batch: those that came with it; a model whose inputs say what counts overrides it.

        Args:
            x: inputs of the batch.
            y: targets of the batch.
            sample_weight: weights of the batch, or None. What it says stays as it is.

        Returns:
            weights, for several outputs a dict, or None.
        """
        return sample_weight

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool | None = True
    ) -> Tensor:
        """Return the compiled loss of labels that were checked."""
        y, sample_weight = self.check_targets(x, y, y_pred, sample_weight)
        return super().compute_loss(x, y, self._asked(y_pred), sample_weight, training=training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Logs:
        """Return the compiled metrics of labels that were checked."""
        y, sample_weight = self.check_targets(x, y, y_pred, sample_weight)
        return super().compute_metrics(x, y, self._asked(y_pred), sample_weight)

    def _asked(self, y_pred):
        """Return the outputs that have targets."""
        if not isinstance(self.target_kinds, dict) or not isinstance(y_pred, dict):
            return y_pred
        return {name: value for name, value in y_pred.items() if name in self.target_kinds}

    def _by_output(self, values, what):
        """Labels or weights as a dict by output; weights for all of them where they are one array."""
        names, is_weight = list(self.target_kinds), what == "sample_weight"
        if values is None:
            return {}
        if isinstance(values, dict):
            if is_weight and (unknown := [name for name in values if name not in names]):
                raise ValueError(
                    f"sample_weight names {', '.join(unknown)}; the model's outputs are {', '.join(names)}."
                )
            return values
        if isinstance(values, (list, tuple)) and len(values) == len(names):
            return dict(zip(self._output_order(), values, strict=True))
        if not isinstance(values, (list, tuple)) and (is_weight or len(names) == 1):
            return dict.fromkeys(names, values)
        received = f"{len(values)} arrays" if isinstance(values, (list, tuple)) else "one array"
        raise ValueError(f"{what} must be a dict of {', '.join(names)}, the model's outputs; received {received}.")

    def _output_order(self):
        names = list(self.target_kinds)
        return self.output_names if set(self.output_names) == set(names) else sorted(names)

    def _fitting_losses(self, loss):
        kinds = self.target_kinds
        if not isinstance(kinds, dict):
            return kinds.fitting_loss(loss)
        if isinstance(loss, (list, tuple)):
            loss = dict(zip(self._output_order(), loss, strict=True))
        if not isinstance(loss, dict):
            return {name: kind.fitting_loss(loss, name) for name, kind in kinds.items()}
        return {
            name: kinds[name].fitting_loss(some, name) if name in kinds and some is not None else some
            for name, some in loss.items()
        }

    def _fitting_metrics(self, metrics, losses, change):
        """Metrics that fit, each changed by a function; by output where there are several."""
        kinds = self.target_kinds

        def fitting(some, kind, loss, output):
            is_one_hot = kind.is_one_hot(loss)
            found = (kind.fitting_metric(metric, output, is_one_hot=is_one_hot) for metric in keras.tree.flatten(some))
            return [change(metric) for metric in found]

        if not metrics:
            return metrics
        if not isinstance(kinds, dict):
            return fitting(metrics, kinds, losses, None)
        if not isinstance(metrics, dict):
            metrics = dict(zip(self._output_order(), metrics if len(kinds) > 1 else [metrics], strict=True))
        return {
            name: fitting(some, kinds[name], losses.get(name), name) if name in kinds and some is not None else some
            for name, some in metrics.items()
        }

    def _check_class_weight(self, class_weight):
        if self.target_kinds is not CLASSES:
            raise ValueError(
                f"class_weight weighs rows by their class, and this {type(self).__name__} is asked for something else; "
                "give each row a sample_weight."
            )
        num_classes = self.output_shape[-1]
        if wrong := [key for key in class_weight if num_classes is not None and key not in range(num_classes)]:
            raise ValueError(f"class_weight has {wrong}; the classes are 0 to {num_classes - 1}.")


@keras.saving.register_keras_serializable(package="bert_keras")
class CountedRows(keras.metrics.Metric):
    """A metric over the rows that have any weight, each counted as one: rows that fill up a batch are left out.

    Args:
        metric: `keras.metrics.Metric`, or its config.
        name: name in the logs, None for the metric's.
        dtype: as in `keras.metrics.Metric`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from bert_keras.training.target_checks import CountedRows
        >>> metric = CountedRows(keras.metrics.Mean(name="mean"))
        >>> float(metric(np.array([1.0, 4.0, 7.0]), sample_weight=np.array([0.5, 2.0, 0.0])))
        2.5
    """

    def __init__(self, metric: keras.metrics.Metric | dict, name: str | None = None, dtype: DType = None):
        metric = metric if isinstance(metric, keras.metrics.Metric) else keras.saving.deserialize_keras_object(metric)
        super().__init__(name=name or metric.name, dtype=dtype)
        self.metric = metric

    def update_state(self, *args: Any, sample_weight: Any = None, **kwargs: Any) -> None:
        if sample_weight is not None:
            sample_weight = counted(ops.cast(sample_weight, "float32"))
        self.metric.update_state(*args, sample_weight=sample_weight, **kwargs)

    def result(self) -> Any:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_config(self) -> dict:
        return {"metric": keras.saving.serialize_keras_object(self.metric), "name": self.name}


def _as_metric(metric):
    if isinstance(metric, keras.metrics.Metric):
        return metric
    return keras.metrics.MeanMetricWrapper(metric, name=getattr(metric, "__name__", None))


def _joined(counting, taken):
    """Both lists, by output where there are several; a name in both has `weighted_` before it once, as in Keras."""
    if isinstance(counting, dict) or isinstance(taken, dict):
        counting, taken = counting or {}, taken or {}
        return {name: _joined(counting.get(name), taken.get(name)) for name in [*counting, *taken]}
    if not counting or not taken:
        return counting or taken
    names = {metric.name for metric in counting}
    taken = [_as_metric(metric) for metric in taken]
    for metric in taken:
        if metric.name in names:
            metric.name = f"weighted_{metric.name}"
    return [*counting, *taken]
