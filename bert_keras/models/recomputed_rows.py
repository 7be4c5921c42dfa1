"""More rows than fit into memory at once, encoded in training with the gradients of all."""

import keras
from keras import ops

from bert_keras.keras_internals import without_autocast
from bert_keras.ops.recomputed_parts import recomputed_parts
from bert_keras.types import Tensor


def recomputed_rows(model: keras.Model, rows: dict[str, Tensor], size: int) -> Tensor:
    """Run a model in training mode over rows, a few at once, and again for the gradient.

    Args:
        model: from a dict of (rows, length) tensors to one (rows, dim) tensor.
        rows: the dict.
        size: how many rows at once.

    Returns:
        (rows, dim) tensor.

    Raises:
        ValueError: where a layer keeps statistics of what it has seen, which parts of a batch do not have.
    """
    num_rows = ops.shape(next(iter(rows.values())))[0]
    size = min(size, num_rows) if isinstance(num_rows, int) else size
    num_parts = -(-num_rows // size)
    numbers = ops.minimum(ops.arange(num_parts * size), num_rows - 1)  # the last row fills the last part
    parts = {name: ops.take(value, numbers, axis=0) for name, value in rows.items()}
    parts = {name: ops.reshape(part, (num_parts, size, ops.shape(part)[1])) for name, part in parts.items()}
    weights = model.trainable_variables
    stored = {id(weight) for weight in model.weights}
    states = [v for v in model.non_trainable_variables if id(v) not in stored]  # of random generators
    frozen = [v for v in model.non_trainable_variables if id(v) in stored]
    with without_autocast():  # or they would be values of half precision in the scope below
        values = {id(v): v.value for v in weights} | {id(v): ops.stop_gradient(v.value) for v in (*states, *frozen)}

    def encode(weight_values, state_values, part):
        given = [*zip(weights, weight_values), *zip(states, state_values), *((v, values[id(v)]) for v in frozen)]
        with keras.StatelessScope(given) as scope:
            vectors = model(part, training=True)
        for variable in frozen:
            if scope.get_current_value(variable) is not values[id(variable)]:
                raise ValueError(
                    f"{variable.path} is a statistic of whole batches: with it mini_batch_size must be None."
                )
        return vectors, [scope.get_current_value(v) for v in states]

    results = recomputed_parts(encode, [values[id(v)] for v in weights], [values[id(v)] for v in states], parts)
    for variable, value in zip(states, results[1]):
        variable.assign(value)
    return ops.reshape(results[0], (-1, results[0].shape[-1]))[:num_rows]
