"""A training step that takes its batch in parts, one after the other, and trains as the whole batch would."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from bert_keras.keras_internals import mask_of
from bert_keras.ops.adamw import dense_gradients
from bert_keras.ops.check_labels import NO_LABEL
from bert_keras.training.target_checks import TargetChecks
from bert_keras.training.target_kinds import takes_one_hot

_SHARED = "mean_with_sample_weight"  # the reduction whose denominator, the sum of weights, differs between parts


class MicroBatchedStep:
    """Runs a model's own `train_step` on each part of a batch, and the optimizer once.

    In the parts, the optimizer keeps the gradients instead of applying them. Losses that are averaged over the sum of
    their sample weights are divided by that of the whole batch, so that gradients, the logged loss and the number of
    steps are those of the whole batch; only metrics that are averaged over batches are averaged over parts.

    Args:
        model: compiled and built `keras.Model`.

    Raises:
        ValueError: for a model whose parts would not add up: losses that are summed, or averaged over a mask, or not
            given to `compile`; more than one batch in an execution; several devices.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self._has_shared_losses = _has_shared_losses(model)
        self._train_step = model.train_step
        self._gather = self._compile(self._gather_gradients)
        self._apply = self._compile(self._apply_gradients)

    def __call__(self, state: Any, batch: Any, num_parts: int) -> tuple:
        """Train on a batch.

        Args:
            state: what Keras' steps are given and give back on JAX; None on the other backends.
            batch: tuple of inputs, targets and sample weights, as datasets yield them.
            num_parts: int, in how many parts; fewer where that leaves a part without a row.

        Returns:
            logs as `train_step` gives them, and the new state.
        """
        rows = num_rows(batch)
        size = math.ceil(rows / num_parts)
        begins = range(0, rows, size)
        batch = _weighted(self.model, batch) if self._has_shared_losses else batch
        weights = keras.utils.unpack_x_y_sample_weight(batch)[2] if self._has_shared_losses else None
        totals = keras.tree.map_structure(lambda w: w if w is None else ops.sum(ops.cast(w, "float32")), weights)
        gradients = [ops.zeros(variable.shape, variable.dtype) for variable in self.model.trainable_variables]
        for begin in begins:
            part = keras.tree.map_structure(lambda x: x if x is None else x[begin : begin + size], batch)  # noqa: B023
            share = ops.convert_to_tensor(num_rows(part) / rows, "float32")
            data = part, totals, share, ops.convert_to_tensor(len(begins), "float32"), gradients
            (logs, gradients), state = self._gather(state, data)
        _, state = self._apply(state, gradients)
        return logs, state

    def _gather_gradients(self, *arguments):
        *state, (part, totals, share, num_parts, gradients) = arguments
        gathered = []

        def keep(grads, trainable_variables=None):
            new = zip(gradients, dense_gradients(grads), strict=True)
            gathered.extend(old if g is None else old + ops.cast(share, g.dtype) * g for old, g in new)
            self._has_gradient = [g is not None for g in grads]

        with contextlib.ExitStack() as stack:
            stack.enter_context(_replaced(self.model.optimizer, "apply", keep))
            stack.enter_context(_replaced(self.model, "micro_batches_per_step", num_parts))
            stack.enter_context(self._shared_losses(totals, share))
            result = self._train_step(*state, part)
        if state:
            logs, state = result
            return (logs, gathered), state
        return result, gathered

    def _apply_gradients(self, *arguments):
        *state, gradients = arguments
        gradients = [g if is_there else None for g, is_there in zip(gradients, self._has_gradient, strict=True)]
        optimizer = self.model.optimizer
        if state:
            variables, others, optimizer_variables, metrics = state[0]
            variables, optimizer_variables = optimizer.stateless_apply(optimizer_variables, gradients, variables)
            return {}, (variables, others, optimizer_variables, metrics)
        with _without_gradients():
            optimizer.apply(gradients, self.model.trainable_variables)
        return {}

    @contextlib.contextmanager
    def _shared_losses(self, totals, share):
        """Have losses divide by the weights of the whole batch, and by the part's share in it, by which it counts."""
        compute_loss = self.model.compute_loss

        def compute_share(x=None, y=None, y_pred=None, sample_weight=None, training=True):
            if any(mask_of(output) is not None for output in keras.tree.flatten(y_pred)):
                raise ValueError("Losses that are averaged over a mask of Keras do not add up over parts of a batch.")
            if totals is not None:
                sample_weight = keras.tree.map_structure(
                    lambda w, total: ops.divide_no_nan(ops.cast(w, "float32"), total * share), sample_weight, totals
                )
            return compute_loss(x, y, y_pred, sample_weight, training=training)

        with contextlib.ExitStack() as stack:
            stack.enter_context(_replaced(self.model, "compute_loss", compute_share))
            for loss in keras.tree.flatten(self.model.loss) if totals is not None else ():
                stack.enter_context(_replaced(loss, "reduction", "sum"))
            yield

    def _compile(self, step):
        """Have Keras compile a step as it compiles `train_step`, and call it as its `fit` does."""
        with _replaced(self.model, "train_function", None), _replaced(self.model, "train_step", step):
            self.model.make_train_function(force=True)
            function = self.model.train_function

        def run(state, data):
            with _replaced(self.model, "train_step", step):  # torch looks for it when it runs, the others before
                return run_function(function, state, data)

        return run


def _weighted(model, batch):
    """Give weight 0 where there is no label: the weights of the whole are what a batch's parts are divided by."""
    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    if isinstance(model, TargetChecks):
        weights = model.target_weights(x, y, weights)

    def labelled(loss, labels, weight):
        if labels is None or not getattr(loss, "leaves_out_no_label", False):
            return weight
        is_label = ops.not_equal(labels, NO_LABEL)
        is_label = ops.cast(ops.any(is_label, axis=-1) if takes_one_hot(loss) else is_label, "float32")
        return is_label if weight is None else is_label * ops.cast(weight, "float32")

    if not isinstance(y, dict):
        loss = keras.tree.flatten(model.loss)[0]
        return x, y, labelled(loss, y, weights)
    losses = model.loss if isinstance(model.loss, dict) else dict.fromkeys(y, model.loss)
    weights = weights if isinstance(weights, dict) else dict.fromkeys(y, weights)
    names = dict.fromkeys((*y, *weights))  # a model may make labels itself, and know their weights
    weights = {name: labelled(losses.get(name), y.get(name), weights.get(name)) for name in names}
    if all(weight is None for weight in weights.values()):
        return x, y, None
    return x, y, weights


def num_rows(batch: Any) -> int:
    """Count the rows of a batch.

    Args:
        batch: structure of arrays or tensors.
    """
    return next(x.shape[0] for x in keras.tree.flatten(batch) if x is not None)


def _has_shared_losses(model):
    if getattr(model, "steps_per_execution", 1) != 1:
        raise ValueError("Batches can be trained in parts with steps_per_execution=1 only.")
    strategy = getattr(model, "distribute_strategy", None)
    if strategy is not None and strategy.num_replicas_in_sync > 1:
        raise ValueError("Batches cannot be trained in parts under a strategy with several replicas.")
    if model.loss is None:
        raise ValueError(
            "Batches can be trained in parts where `compile` was given the losses, so that it is known how they are "
            f"averaged; {type(model).__name__} brings its own."
        )
    if any(getattr(loss, "needs_whole_batch", False) for loss in keras.tree.flatten(model.loss)):
        raise ValueError(
            "This loss compares the rows of a batch with each other, so that its parts do not add up; give "
            "SentenceEncoder a mini_batch_size, which keeps memory down with the gradients of the whole."
        )
    reductions = {getattr(loss, "reduction", "sum_over_batch_size") for loss in keras.tree.flatten(model.loss)}
    if reductions == {_SHARED}:
        return True
    if reductions <= {"sum_over_batch_size", "mean"}:
        return False
    raise ValueError(
        f'Batches can be trained in parts where all losses have the reduction "{_SHARED}", or all of them a mean over '
        f"the batch, received: {sorted(map(str, reductions))}."
    )


def run_function(function: Callable, state: Any, data: Any) -> tuple:
    """Call a `train_function` of Keras with data, as its `fit` does with an iterator.

    Args:
        function: from `keras.Model.make_train_function`.
        state: what it is given and gives back on JAX; None on the other backends.
        data: what one element of the dataset is.

    Returns:
        what the step gives, and the new state.
    """
    if keras.config.backend() == "jax":
        return function(state, iter([data]))
    return function([data]), None


def _without_gradients():
    if keras.config.backend() != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


@contextlib.contextmanager
def _replaced(owner, name, value):
    """Give an object another attribute for a while."""
    is_its_own = name in vars(owner)
    before = getattr(owner, name, None)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if is_its_own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)
