"""Many batches through a model, two at a time where that is faster."""

import collections
import itertools
import weakref
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np

from bert_keras.data.rows.accelerators import compiles_each_length

_AT_A_TIME = 2
_without_xla = weakref.WeakKeyDictionary()  # from a model compiled with XLA to the one that predicts in its place


def predict_batches(model: keras.Model, batches: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Predict batch after batch, by `predict_on_batch`.

    With TensorFlow on a processor two are in the model at once, and the next is made meanwhile: between the products of
    one batch, where most operations keep but one core busy, the other batch has something to multiply. There a model
    that `compile(jit_compile=True)` prepared for training predicts without XLA, which would compile each length anew.

    Args:
        model: `keras.Model`.
        batches: iterable of pairs: anything that tells the batch, and the model's input, in arrays or tensors; of a
            dict, what the model does not take is left out.

    Yields:
        what tells the batch, and the model's output as numpy arrays, in the order of the batches.

    Example:
        >>> import keras
        >>> double = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
        >>> [(name, float(y[0, 0])) for name, y in predict_batches(double, [("a", np.ones((1, 1)))])]
        [('a', 2.0)]
    """
    if keras.config.backend() != "tensorflow" or compiles_each_length():
        for name, inputs in batches:
            yield name, _predict(model, inputs)
        return
    if model.jit_compile:
        if model not in _without_xla:
            _without_xla[model] = keras.Model(model.input, model.output)
        model = _without_xla[model]
    _trace(model)
    batches = iter(batches)
    first = list(itertools.islice(batches, 2))
    if len(first) < 2:  # a thread would take longer than it saves
        yield from ((name, _predict(model, inputs)) for name, inputs in first)
        return
    running = collections.deque()
    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        for name, inputs in itertools.chain(first, batches):
            running.append((name, threads.submit(_predict, model, inputs)))
            if len(running) > _AT_A_TIME:
                name, outputs = running.popleft()
                yield name, outputs.result()
        for name, outputs in running:
            yield name, outputs.result()


def _trace(model):
    """Make the function that predicts, or each thread would make its own, for rows of any number and length.

    Keras would trace it for the shape of the first batch, and for any shape where a second one comes.
    """
    is_new = getattr(model, "predict_function", None) is None
    model.make_predict_function()
    function, inputs = getattr(model, "predict_function", None), getattr(model, "input", None)
    if is_new and inputs is not None and hasattr(function, "get_concrete_function"):  # none where it runs eagerly
        import tensorflow as tf

        signature = keras.tree.map_structure(lambda entry: tf.TensorSpec(entry.shape, entry.dtype), inputs)
        function.get_concrete_function([(signature,)])


def _predict(model: keras.Model, inputs: Any) -> Any:
    if isinstance(names := getattr(model, "input", None), dict):
        inputs = {name: value for name, value in inputs.items() if name in names}
    inputs = keras.tree.map_structure(np.asarray, inputs)  # tf.data gives TensorFlow's tensors to every backend
    return keras.tree.map_structure(np.asarray, model.predict_on_batch(inputs))
