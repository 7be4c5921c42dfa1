"""A model's weights by layer, and the gradients of its loss for them, outside of a training step."""

from typing import Any

import keras
import numpy as np

from bert_keras.ops.gradient import gradient
from bert_keras.training.finetuning.second_pass import trial_pass
from bert_keras.training.resuming.model_state import read_variable


def layer_weights(model: keras.Model) -> dict[str, list[keras.Variable]]:
    """Tell the weights of a model by layer: those of its encoder, and what stands around it.

    Args:
        model: built model.

    Returns:
        dict from a layer's name to its weights; what several layers share stands at the first of them.

    Example:
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> from bert_keras.training.layer_weights import layer_weights
        >>> list(layer_weights(TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=9), num_classes=2)))
        ['embeddings', 'encoder_block_0', 'encoder_block_1', 'pooler', 'classification_head']
    """
    encoder, layers, seen = getattr(model, "encoder", None), {}, set()
    for layer in [
        *([] if encoder is None else encoder.layers),
        *(some for some in model.layers if some is not encoder),
    ]:
        own = [weight for weight in layer.weights if id(weight) not in seen]
        seen.update(map(id, own))
        if own:
            layers.setdefault(layer.name, []).extend(own)
    return layers


def in_place(tensor: Any) -> np.ndarray:
    """Return a tensor as an array without copying it, where that goes: it is to be read, before training goes on.

    Args:
        tensor: Of the backend, such as the value of a variable.
    """
    if keras.config.backend() == "tensorflow" and not hasattr(tensor, "distribute_strategy"):
        return np.asarray(keras.ops.convert_to_tensor(tensor))  # Keras itself would copy it
    return read_variable(tensor)


def loss_gradients(model: keras.Model, batch: tuple[Any, ...]) -> dict[str, list[np.ndarray]]:
    """Differentiate a model's loss on a batch: the task's alone, without dropout. Nothing in the model changes.

    Args:
        model: compiled and built model.
        batch: (x, y, sample_weight) or (x, y), arrays, as `fit` takes them; (x,) for a model that takes its labels from
            its inputs.

    Returns:
        dict from the name of a layer that is trained to the gradients of its weights.

    Raises:
        ValueError: where the batch has no targets and the model's loss wants some.
    """
    batch = keras.utils.unpack_x_y_sample_weight(batch)
    if batch[1] is None and model.loss is not None and not getattr(model, "derives_labels", False):
        raise ValueError("Expected a batch of (x, y, sample_weight), received one without targets.")
    x, y, sample_weight = keras.tree.map_structure(
        lambda some: None if some is None else keras.ops.convert_to_tensor(some), batch
    )
    layers = {name: [w for w in weights if w.trainable] for name, weights in layer_weights(model).items()}
    variables = [weight for weights in layers.values() for weight in weights]

    def loss(values):
        pairs = zip(variables, values, strict=True)
        return trial_pass(model, model.compute_loss, x, y, sample_weight, values=pairs, training=False)[0]

    found = iter(gradient(loss, [keras.ops.convert_to_tensor(variable.value) for variable in variables]))
    return {name: [in_place(next(found)) for _ in weights] for name, weights in layers.items() if weights}
