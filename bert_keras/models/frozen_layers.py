"""Which layers of a model are frozen, as its config keeps it: Keras keeps one flag for all of a model."""

from collections.abc import Iterable

import keras

from bert_keras.keras_internals import parts_of


def frozen_layers(model: keras.Model) -> list[str]:
    """Name the frozen layers.

    Args:
        model: `keras.Model`.

    Returns:
        list of paths of layers' names, such as "bert_encoder/embeddings"; of a frozen layer its parts are not named.
    """
    return list(_frozen(model, ""))


def freeze_layers(model: keras.Model, paths: Iterable[str]) -> None:
    """Freeze layers again.

    Args:
        model: `keras.Model`.
        paths: what `frozen_layers` gave.

    Raises:
        ValueError: where the model has no such layer.
    """
    for path in paths:
        layer = model
        for name in path.split("/"):
            layer = next((part for part in parts_of(layer) if part.name == name), None)
            if layer is None:
                raise ValueError(f"{model.name} has no layer {path}, which its config says is frozen.")
        layer.trainable = False


def _frozen(layer, path):
    for part in parts_of(layer):
        if not part.trainable:
            yield path + part.name
        else:
            yield from _frozen(part, f"{path}{part.name}/")
