"""A model run once more within a training step, for losses that compare two passes."""

from collections.abc import Callable, Iterable
from typing import Any

import keras


def second_pass(
    model: keras.Model, compute_loss: Callable, x: Any, y: Any, sample_weight: Any, *, values: Iterable = ()
) -> tuple:
    """Run a model in training mode again, with other dropout, and take the loss of that.

    What layers remember from a pass, such as random states, goes on; metrics do not count this one.

    Args:
        model: compiled and built `keras.Model`, in its `compute_loss`.
        compute_loss: function with the arguments of `keras.Model.compute_loss`.
        x: inputs of the batch.
        y: targets of the batch.
        sample_weight: weights of the batch, or None.
        values: pairs of `keras.Variable` and the tensor to take in its place.

    Returns:
        loss, a scalar tensor, and the model's outputs.
    """
    loss, y_pred, states = trial_pass(model, compute_loss, x, y, sample_weight, values=values)
    for variable, state in states:
        variable.assign(state)
    return loss, y_pred


def trial_pass(
    model: keras.Model,
    compute_loss: Callable,
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    values: Iterable = (),
    training: bool = True,
) -> tuple:
    """Do as `second_pass`, but change nothing.

    Args:
        model: as for `second_pass`.
        compute_loss: as for `second_pass`.
        x: as for `second_pass`.
        y: as for `second_pass`.
        sample_weight: as for `second_pass`.
        values: as for `second_pass`.
        training: whether in training mode. Default True.

    Returns:
        loss, outputs, and the new states of layers as pairs of `keras.Variable` and tensor.
    """
    # A scope inside JAX's own does not see what that one has for the variables, so all of them are named.
    current = [(v, v.value) for v in [*model.variables, *model.metrics_variables]]
    with keras.StatelessScope([*current, *values]) as scope:
        before = [scope.get_current_value(v) for v in model.non_trainable_variables]
        y_pred = model(x, training=training)
        loss = compute_loss(x, y, y_pred, sample_weight, training=training)
    after = [scope.get_current_value(v) for v in model.non_trainable_variables]
    changed = zip(model.non_trainable_variables, before, after)
    return loss, y_pred, [(variable, new) for variable, old, new in changed if new is not old]
