"""The weights of a loop that writes, cast before it: TensorFlow would cast them again for every token."""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops

from bert_keras.keras_internals import layers_within


@contextlib.contextmanager
def cast_once(model: keras.Model) -> Iterator[None]:
    """Have matrices and tables the dtype in which their layers compute, as long as the context lasts.

    In mixed precision each call of a layer casts its weights, which for one token takes longer than its products. On
    other backends nothing changes: their compilers see the loop as a whole.

    Args:
        model: whose layers are called within the context.
    """
    layers = layers_within(model) if keras.config.backend() == "tensorflow" else []
    matrices = [
        (matrix, layer.compute_dtype)
        for layer in layers
        if isinstance(layer, (keras.layers.Dense, keras.layers.Embedding))
        and not layer.quantization_mode
        and layer.compute_dtype != layer.variable_dtype
        and all(user.compute_dtype == layer.compute_dtype for user in _users_of(layer, layers))
        for matrix in layer.weights
        if len(matrix.shape) == 2
    ]
    if not matrices:
        yield
        return
    with keras.StatelessScope(initialize_variables=False) as values:
        for matrix, dtype in matrices:
            values.add_update((matrix, ops.cast(matrix, dtype)))
        yield


def _users_of(table, layers):
    """Return the layers that look at a table themselves, such as a head of another precision."""
    return [layer for layer in layers if getattr(layer, "token_embedding", None) is table]
