"""The weights of a model of KerasHub, and how those of ours lie in it."""

import functools
from collections.abc import Mapping
from types import ModuleType

import keras
import numpy as np

from bert_keras.checkpoints.encoder_shapes import encoder_shapes
from bert_keras.checkpoints.families import Family, rows, spelled_out
from bert_keras.checkpoints.weight_table import Row, StoredTensor, WeightTable

_POSITIONS = "embeddings/position_embedding/embeddings"
_SEGMENTS = "embeddings/segment_embedding/embeddings"


def keras_hub_models() -> ModuleType:
    """Import `keras_hub.models`.

    Raises:
        ImportError: where KerasHub is not installed.
    """
    try:
        import keras_hub
    except ImportError as error:
        raise ImportError("A model of KerasHub is read and built with keras-hub: install it.") from error
    return keras_hub.models


def variables_of(model: keras.Model) -> dict[str, keras.Variable]:
    """Return all variables by the path that begins with the name of their layer.

    Args:
        model: model of KerasHub.
    """
    variables = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            variables |= variables_of(layer)
            continue
        for variable in layer.weights:
            before, name, after = variable.path.rpartition(f"{layer.name}/")
            if name:  # else it is tied, and another layer's
                variables[name + after] = variable
    return variables


def read_weights(source: str, model: keras.Model, family: Family, arguments: Mapping) -> WeightTable:
    """Make the table of our weights in a model of KerasHub.

    Where it has no row for the one segment of every token, ours is 0; so are the rows before the first position.

    Args:
        source: what is read, for messages.
        model: model of KerasHub.
        family: what it is of.
        arguments: arguments of our encoder's constructor.
    """
    tensors = {
        name: _stored(name, tuple(variable.shape), functools.partial(keras.ops.convert_to_numpy, variable), variable)
        for name, variable in variables_of(model).items()
    }
    table = _rows(family, arguments)
    positions = next((row.theirs[0] for row in table if row.ours == _POSITIONS), None)
    if (offset := arguments.get("position_offset", 0)) and positions in tensors:
        stored = tensors[positions]
        num_rows, *width = stored.shape
        read = functools.partial(_with_rows_before, stored.read, offset)
        tensors[positions] = _stored(stored.name, (offset + num_rows, *width), read, stored)
    if not family.keras_hub.has_segments and arguments["num_segments"]:
        shape = encoder_shapes(arguments)[_SEGMENTS]
        tensors[_SEGMENTS] = StoredTensor(_SEGMENTS, shape, "float32", True, functools.partial(np.zeros, shape, "f4"))
        table.append(Row(_SEGMENTS, (_SEGMENTS,)))
    return WeightTable(source, tensors, table)


def written_weights(arrays: Mapping[str, np.ndarray], family: Family, arguments: Mapping) -> dict[str, np.ndarray]:
    """Return KerasHub's weights from ours, {path that begins with the name of the layer: array}.

    Args:
        arrays: {canonical name: array} of all weights.
        family: what the model is of.
        arguments: arguments of our encoder's constructor.

    Raises:
        ValueError: where there is no place for a weight.
    """
    arrays, offset = dict(arrays), arguments.get("position_offset", 0)
    arrays[_POSITIONS] = arrays[_POSITIONS][offset:]
    if not family.keras_hub.has_segments and arguments["num_segments"] == 1:  # every token has it, so positions may
        arrays[_POSITIONS] = arrays[_POSITIONS] + arrays.pop(_SEGMENTS)
    return WeightTable.to_theirs(_rows(family, arguments), arrays, f"KerasHub's {family.name}")


def num_numbers(family: Family, arguments: Mapping) -> int:
    """Return how many numbers a backbone has by its configuration.

    Args:
        family: what it is of.
        arguments: arguments of our encoder's constructor.
    """
    theirs = dict(arguments) | {"position_offset": 0}
    theirs |= {} if family.keras_hub.has_segments else {"num_segments": 0}
    return sum(int(np.prod(shape, dtype=object)) for shape in encoder_shapes(theirs).values())


def _stored(name, shape, read, of):
    return StoredTensor(name, shape, of.dtype, True, read)


def _with_rows_before(read, num_rows):
    return np.pad(read(), ((num_rows, 0), (0, 0)))


def _rows(family, arguments):
    """Rows of the backbone and of the heads of its two tasks; its attention keeps the heads on an axis of their own."""

    def split(axis):
        return {"heads_axis": axis, "num_heads": arguments["num_heads"]}

    dense = {"kernel": ("/kernel", {}), "bias": ("/bias", {})}
    spelling = {
        "table": {"embeddings": ("/embeddings", {})},
        "layer_norm": {"gamma": ("/gamma", {}), "beta": ("/beta", {})},
        "dense": dense,
        "logits": dense,
        "bias": {"bias": ("/output_bias", {})},
        "query_key_value": {"kernel": ("/kernel", split(1)), "bias": ("/bias", split(0))},
        "attention_output": {"kernel": ("/kernel", split(0)), "bias": ("/bias", {})},
    }
    numbers = spelled_out(arguments)
    layers = family.model(*(numbers[name] for name in ("num_layers", "num_layer_groups", "layers_per_group")))
    return rows(layers, "keras_hub", spelling)
