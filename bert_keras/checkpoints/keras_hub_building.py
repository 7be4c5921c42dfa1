"""A model of KerasHub with the weights of ours."""

import logging
from collections.abc import Mapping

import keras
import numpy as np

from bert_keras.checkpoints.families import BERT, family_named, spelled_out
from bert_keras.checkpoints.keras_hub_weights import keras_hub_models, variables_of, written_weights

_LOG = logging.getLogger("bert_keras")
# Of a head of classes, what its class in KerasHub has, and what it takes for granted.
_HEAD = ("num_classes", "dropout")
_ASSUMED = (None, "single_label_classification")


def build_keras_hub(
    arrays: Mapping[str, np.ndarray], arguments: Mapping, settings: Mapping, *, exact: bool = True
) -> keras.Model:
    """Build KerasHub's model with the weights of ours.

    Args:
        arrays: {canonical name: array} of all weights.
        arguments: arguments of the encoder's constructor; with a masked-LM head `head_activation` and
            `head_layer_norm_epsilon`, too.
        settings: dict of what is noted of a model around the encoder, by the names of its constructor's arguments. What
            KerasHub has no place for, such as labels or a threshold, is logged.
        exact: whether to refuse a model that KerasHub would compute otherwise: it knows but one activation and one
            epsilon in the backbone, others in the head. With False the weights are taken over and each difference is
            logged.

    Returns:
        the backbone of the encoder's family, its masked-LM model or its text classifier, such as
        `keras_hub.models.BertBackbone`, `BertMaskedLM` or `BertTextClassifier`. What it has beside our weights keeps
        its initial values, which is logged.

    Raises:
        ImportError: where KerasHub is not installed.
        ValueError: where KerasHub has no such model; it says what stands in the way.
    """
    family = family_named(arguments.get("family", BERT.model_type))
    family.expect_form("keras_hub", "KerasHub")
    form, theirs = family.keras_hub, f"KerasHub's {family.name}"
    fixed = form.fixed | {"attention_dropout": arguments["dropout"]}
    if "masked_lm_head/bias" in arrays and form.fixed_head is not None:
        fixed |= form.fixed_head
    differences = [
        f"{name} is {arguments[name]} here, {value} there" for name, value in fixed.items() if arguments[name] != value
    ]
    if arguments["pooler"] and not any(layer.keras_hub for layer in family.pooler):
        differences.append("pooler is True here, False there")
        arrays = {name: array for name, array in arrays.items() if not name.startswith("pooler/")}
    if differences and exact:
        raise ValueError(
            f"{theirs} computes something else: {'; '.join(differences)}. With exact=False the weights are "
            "taken over all the same."
        )
    tensors = written_weights(arrays, family, arguments)
    models, numbers = keras_hub_models(), spelled_out(arguments)
    backbone = getattr(models, form.name)(**{name: numbers[ours] for name, ours in form.numbers.items()})
    if "masked_lm_head/bias" in arrays:
        model = getattr(models, f"{form.prefix}MaskedLM")(backbone)
    elif "classification_head/dense/bias" in arrays:
        model = getattr(models, f"{form.prefix}TextClassifier")(
            backbone, num_classes=settings["num_classes"], dropout=settings["dropout"], activation="linear"
        )
    else:
        model = backbone
    variables = variables_of(model)
    for name, array in tensors.items():
        variables[name].assign(array)
    if differences:
        _LOG.warning("%s computes something else: %s", theirs, "; ".join(differences))
    if new := [name for name in variables if name not in tensors]:
        _LOG.warning("%s has weights more, which keep their initial values: %s", theirs, ", ".join(new))
    lost = [f"{name} {value}" for name, value in settings.items() if name not in _HEAD and value not in _ASSUMED]
    if lost:
        _LOG.warning("%s has no place for %s", theirs, ", ".join(lost))
    return model
