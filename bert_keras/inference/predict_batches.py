"""Many batches through a model, two at a time where that is faster."""

import collections
import weakref
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from bert_keras.data.rows.accelerators import compiles_each_length

_AT_A_TIME = 2
_without_xla = weakref.WeakKeyDictionary()  # from a model compiled with XLA to the one that predicts in its place


def predict_batches(model, batches):
    """Predict batch after batch, by `predict_on_batch`.

    With TensorFlow on a processor two are in the model at once, and the next is made meanwhile: between the products of
    one batch, where most operations keep but one core busy, the other batch has something to multiply. There a model
    that `compile(jit_compile=True)` prepared for training predicts without XLA, which would compile each length anew.

    Args:
        model: `keras.Model`.
        batches: iterable of pairs: anything that tells the batch, and the model's input, in arrays or tensors.

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
    model.make_predict_function()  # or each thread would make its own
    running = collections.deque()
    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        for name, inputs in batches:
            running.append((name, threads.submit(_predict, model, inputs)))
            if len(running) > _AT_A_TIME:
                name, outputs = running.popleft()
                yield name, outputs.result()
        for name, outputs in running:
            yield name, outputs.result()


def _predict(model, inputs):
    inputs = keras.tree.map_structure(np.asarray, inputs)  # tf.data gives TensorFlow's tensors to every backend
    return keras.tree.map_structure(np.asarray, model.predict_on_batch(inputs))
