"""One trace for all layers that are alike, such as the blocks of an encoder, so that training begins sooner.

Before the first step TensorFlow traces each operation of a step and of its gradient, in Python. Blocks that are alike
would be traced one by one; by a function that the graph calls for each of them, the first is traced for all. TensorFlow
puts its operations in place of the calls before the graph is optimized, so that a step computes what it computed.
"""

import weakref
from collections.abc import Callable
from typing import Any

import keras

from bert_keras.keras_internals import is_called_plainly, kind_of_layer, unconverted_values
from bert_keras.ops.compiled_chain import is_traced_for_a_processor
from bert_keras.types import Tensor

_traces = weakref.WeakKeyDictionary()  # of each graph, those that its layers share


def call_by_shared_trace(
    layer: keras.layers.Layer, call: Callable, tensors: dict[str, Tensor | None], *, training: bool
) -> Any:
    """Call a layer in a training step by the trace of the first layer in the step that is like it.

    Like it is a layer of the same class with the same attributes, at any depth, of which names, initializers and the
    values of variables may differ. It is an ordinary call outside of a step that TensorFlow traces for a processor, for
    XLA and for several devices, and where the call leaves something behind that no function hands out: a tensor in an
    attribute, another state than the layer's own variables.

    Args:
        layer: built layer.
        call: method of the layer, from the tensors by their names to its output.
        tensors: dict of what it is called with.
        training: whether it is called in training.

    Returns:
        what `call` returns.
    """
    given = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    if not (training and is_traced_for_a_processor(given["inputs"]) and is_called_plainly(layer, given)):
        return call(**given)
    import tensorflow as tf

    if tf.distribute.has_strategy():
        return call(**given)
    values = unconverted_values(layer.variables)
    specs = keras.tree.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), (given, values))
    kind = (kind_of_layer(layer), *given, *keras.tree.flatten(specs))
    traces = _traces.setdefault(tf.compat.v1.get_default_graph(), {})
    if kind not in traces:
        traces[kind] = _trace(layer, call, specs)
    if traces[kind] is None:
        return call(**given)
    function, changed = traces[kind]
    outputs, new_values, losses = function(given, values)
    for number, value in zip(changed, new_values, strict=True):
        layer.variables[number].assign(value)
    for loss in losses:
        layer.add_loss(loss)
    return outputs


def _trace(layer, call, specs):
    """Trace the call as a function of tensors and of the variables' values.

    Returns:
        the function, from both to the output, the new values of variables and the losses; and the numbers of the
        variables that have new values. None where the call leaves something else behind.
    """
    import tensorflow as tf

    variables, changed, others = layer.variables, [], []

    def compute(given, values):
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True) as scope:
            outputs = call(**given)
        now = [scope.get_current_value(variable) for variable in variables]
        changed[:] = [number for number, value in enumerate(values) if now[number] is not value]
        others[:] = scope.state_mapping.keys() - set(map(id, variables))
        return outputs, [now[number] for number in changed], list(scope.losses)

    before = kind_of_layer(layer)
    function = tf.function(compute, autograph=False).get_concrete_function(*specs)
    return None if others or kind_of_layer(layer) != before else (function, tuple(changed))
