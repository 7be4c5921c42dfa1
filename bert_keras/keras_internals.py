"""What Keras does not give to the public and the package cannot do without.

Looked at with the versions that `tests/test_keras_internals.py` names; that test also lists the subclasses whose own
methods stand in for private ones of Keras.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras.src.backend import get_keras_mask
from keras.src.backend.common.stateless_scope import in_stateless_scope
from keras.src.backend.common.symbolic_scope import in_symbolic_scope
from keras.src.backend.common.variables import AutocastScope
from keras.src.losses.losses import LossFunctionWrapper
from keras.src.random.seed_generator import SeedGenerator, global_seed_generator


def layers_within(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return a layer or model and all layers inside it, at any depth.

    Args:
        layer: layer or model.
    """
    return list(layer._flatten_layers())


def parts_of(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return the layers that a layer or model holds itself, without those inside them.

    Args:
        layer: layer or model.
    """
    return list(layer._flatten_layers(include_self=False, recursive=False))


def replace_layer(within: keras.layers.Layer, old: keras.layers.Layer, new: keras.layers.Layer) -> None:
    """Have a built model use another layer in place of one that it holds, wherever it does.

    Args:
        within: layer or model.
        old: layer that is an attribute of one of its layers.
        new: layer with weights of the same shapes.

    Raises:
        ValueError: where none holds it.
    """
    owners = [layer for layer in layers_within(within) if layer._tracker.is_in_store("layers", old)]
    if not owners:
        raise ValueError(f"{within.name} has no layer that holds {old.name}.")
    for owner in owners:
        held = vars(owner) | vars(owner).get("_modules", {})  # where torch keeps what is a module
        owner._tracker.replace_tracked_value("layers", old, new)
        for name in [name for name, value in held.items() if value is old]:
            setattr(owner, name, new)
    if keras.config.backend() == "torch":  # whose list of parameters was made when the layers were built
        for layer in layers_within(within):
            layer._track_variables()


@contextlib.contextmanager
def changed_output(layer: keras.layers.Layer, change: Callable) -> Iterator[None]:
    """Have a layer of a built model give something else in place of its output, as long as the context lasts.

    What a model compiled before, such as the function of its `predict`, does not see the change; other threads do.

    Args:
        layer: layer.
        change: function from what its `call` gives to what it shall give, called anew each time.
    """
    unchanged = layer.call

    @functools.wraps(unchanged)  # callers look at the names of its arguments
    def changed(*args, **kwargs):
        return change(unchanged(*args, **kwargs))

    vars(layer)["call"] = changed  # before the method of the class, where Keras looks it up each time
    try:
        yield
    finally:
        del vars(layer)["call"]


def mask_of(tensor: Any) -> Any:
    """Return the mask that Keras carries along with a tensor, which on JAX is not to be seen at it; None without.

    Args:
        tensor: tensor of the backend.
    """
    return get_keras_mask(tensor)


def without_autocast() -> AutocastScope:
    """Return a context in which the value of a variable has its own dtype, also inside a layer of mixed precision."""
    return AutocastScope(None)


def loss_of_function(function: Callable, reduction: str, name: str | None) -> keras.losses.Loss:
    """Return the loss that Keras makes of a function, with another reduction.

    Args:
        function: from labels and scores to a loss for each row.
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
    """
    return LossFunctionWrapper(function, reduction=reduction, name=name)


def global_generator() -> SeedGenerator:
    """Return the generator that layers without a seed draw from; it is made, with a seed of Python's, where missing."""
    return global_seed_generator()


def batch_counter(optimizer: keras.optimizers.Optimizer) -> keras.Variable:
    """Return the variable that counts batches; `iterations` counts updates, where gradients accumulate.

    Args:
        optimizer: of Keras, with loss scaling or without.
    """
    return getattr(optimizer, "inner_optimizer", optimizer)._iterations


def begin_at_epoch(model: keras.Model, epoch: int | None) -> None:
    """Have the next `fit` begin at an epoch, as `keras.callbacks.BackupAndRestore` does.

    Args:
        model: the model.
        epoch: number from 0; None for the first.
    """
    model._initial_epoch = epoch


def make_variables(model: keras.Model, batch: Any) -> None:
    """Make the variables of optimizer and metrics, which on TensorFlow would first be there after a step.

    Args:
        model: compiled model.
        batch: what `fit` takes for a step, or symbolic tensors like it.
    """
    model._symbolic_build(data_batch=batch)


def take_out_adapter(dense: keras.layers.Dense) -> None:
    """Make a dense layer what it was before `enable_lora`, with the weights that it has.

    Args:
        dense: layer of Keras.
    """
    for name in ("lora_kernel_a", "lora_kernel_b"):
        dense._untrack_variable(getattr(dense, name))
        delattr(dense, name)
    dense.lora_enabled, dense.lora_rank, dense.lora_alpha = False, None, None


def stored_kernel(dense: keras.layers.Dense) -> keras.Variable:
    """Return a dense layer's kernel without the product of its adapter, which `dense.kernel` adds.

    Args:
        dense: layer of Keras.
    """
    return dense._kernel


def is_called_plainly(layer: keras.layers.Layer, tensors: dict[str, Any]) -> bool:
    """Tell whether a call stands for itself: with its variables' own values, no Keras mask, nothing computed again.

    Args:
        layer: layer.
        tensors: dict of what it is called with.
    """
    has_mask = any(mask_of(tensor) is not None for tensor in tensors.values())
    is_recomputed = any(each._remat_mode is not None for each in layers_within(layer))
    return not (has_mask or is_recomputed or in_stateless_scope())


def unconverted_values(variables: list[keras.Variable]) -> list[Any]:
    """Return the values of variables in their own dtypes, also where a layer in half precision is called."""
    with AutocastScope(None):
        return [variable.value for variable in variables]


def kind_of_layer(layer: keras.layers.Layer) -> tuple:
    """Return what is equal for layers that compute the same of the same variables: class and attributes, at any depth.

    What Keras keeps about each layer is left out, and so are names, initializers and variables' values. Of what is
    neither a layer nor plain data two are equal only if they are one object.

    Args:
        layer: built layer.
    """
    bookkeeping = vars(keras.layers.Layer()).keys()
    own = {n: value for n, value in vars(layer).items() if n not in bookkeeping and not n.startswith("_self_")}
    return type(layer), layer.dtype_policy.name, tuple((name, _kind(value)) for name, value in sorted(own.items()))


def _kind(value):
    if isinstance(value, keras.layers.Layer):
        return kind_of_layer(value)
    if isinstance(value, keras.Variable):
        return tuple(value.shape), value.dtype, value.trainable, value._autocast
    if isinstance(value, dict):
        return dict, tuple((name, _kind(each)) for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(_kind, value))
    if isinstance(value, keras.initializers.Initializer):
        return keras.initializers.Initializer  # of variables that are there already
    if isinstance(value, SeedGenerator):
        return SeedGenerator
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return type(value), value
    return id(value)


def asks_for_shapes_alone() -> bool:
    """Tell whether TensorFlow traces what is called to learn the shapes and dtypes of what it gives, and no more."""
    return keras.config.backend() == "tensorflow" and in_symbolic_scope()


def as_specs(tensors: Any) -> Any:
    """Return symbolic tensors of Keras in place of a structure's tensors."""
    return keras.tree.map_structure(lambda x: keras.KerasTensor(tuple(x.shape), x.dtype), tensors)


def without_values(specs: Any) -> Any:
    """Return tensors of the graph that TensorFlow traces, without a value, in place of symbolic tensors of Keras."""
    import tensorflow as tf

    return keras.tree.map_structure(lambda x: tf.compat.v1.placeholder(x.dtype, x.shape), specs)
