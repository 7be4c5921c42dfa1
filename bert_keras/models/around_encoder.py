"""What all models around an encoder do alike: config, names of classes, checks of what they are trained on."""

import keras

from bert_keras.models.dtype_config import dtype_config
from bert_keras.models.frozen_layers import freeze_layers, frozen_layers
from bert_keras.training.target_checks import TargetChecks
from bert_keras.training.traced_once import TracedOnce


class AroundEncoder(TargetChecks, TracedOnce):
    """Mixin of a model with an `encoder`: the part of its config that all such models have.

    A model adds its own arguments: `return super().get_config() | {...}`.
    """

    def get_config(self):
        return {
            "name": self.name,
            "trainable": self.trainable,
            "frozen_layers": frozen_layers(self),
            "dtype": dtype_config(self),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
        }

    @classmethod
    def from_config(cls, config):
        """Build the model around its encoder."""
        config = config | {"encoder": keras.saving.deserialize_keras_object(config["encoder"])}
        frozen = config.pop("frozen_layers", ())
        model = cls(**config)
        freeze_layers(model, frozen)
        return model


def check_labels(labels, num_classes):
    """Refuse names of classes that are not one for each, all different.

    Args:
        labels: names of the classes, None where they have none.
        num_classes: number of classes.

    Raises:
        ValueError: where they are not.
    """
    if labels is not None and (len(labels) != num_classes or len(set(labels)) != num_classes):
        raise ValueError(f"Expected {num_classes} different labels, received {list(labels)}.")
