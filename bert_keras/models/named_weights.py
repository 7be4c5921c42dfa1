"""The weights of a model by the names that they have in every format."""

import keras
import numpy as np

TOKEN_TABLE = "embeddings/token_embedding/embeddings"


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """Name the weights of a model canonically: the path of the variable from the layer that the model names.

    Args:
        model: functional model of ours.

    Returns:
        dict from name to `keras.Variable`; a tied weight comes once.
    """
    names = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            names |= {weight.path: name for name, weight in named_weights(layer).items()}
            continue
        for weight in layer.weights:
            # A layer built inside another's scope carries that one's name in front.
            names.setdefault(weight.path, weight.path.removeprefix(layer.path.removesuffix(layer.name)))
    weights = {weight.path: weight for weight in model.weights}
    return {name: weights[path] for path, name in names.items()}


def padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Bring an array to a shape with as many or more rows; the new ones are 0.

    Args:
        array: numpy array.
        shape: shape, the same but for the first axis.
    """
    missing = shape[0] - len(array) if array.ndim else 0
    return np.pad(array, ((0, missing), *[(0, 0)] * (array.ndim - 1))) if missing else array
