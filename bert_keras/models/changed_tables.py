"""A trained model with another vocabulary, or with more positions; all other weights stay as they are."""

from collections.abc import Sequence

import keras
import numpy as np

from bert_keras.keras_internals import layers_within
from bert_keras.models.named_weights import TOKEN_TABLE, named_weights, padded
from bert_keras.models.preset_model import PresetModel

_TOKEN_BIAS = "masked_lm_head/bias"
_POSITIONS = "embeddings/position_embedding/embeddings"


def change_vocabulary(model: PresetModel, pieces: Sequence[Sequence[int]]) -> PresetModel:
    """Build the model anew for another vocabulary, whose vectors are means of the old ones.

    Args:
        model: encoder, or a model with an `encoder`.
        pieces: for each word of the new vocabulary a list of ids in the old one. One id keeps a word as it is; several
            give the mean of their vectors, and of their biases in the masked-LM head.
            `bert_keras.data.add_words` and `drop_words` make such a list.

    Returns:
        a model of the same class; the old one is left as it is.

    Raises:
        ValueError: where a list is empty, or has an id that the old vocabulary has not.

    Example:
        >>> from bert_keras.models import BertEncoder, change_vocabulary
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> change_vocabulary(encoder, [[index] for index in range(100)] + [[17, 18]]).vocabulary_size
        101

    Reference:
        Mean of the pieces: [Casanueva et al., 2020](https://arxiv.org/abs/2003.04807) start so; see also
        [Hewitt, 2021](https://nlp.stanford.edu/~johnhew/vocab-expansion.html).
    """
    vocabulary_size = getattr(model, "encoder", model).vocabulary_size
    lengths = np.array([len(ids) for ids in pieces])
    flat = np.array([index for ids in pieces for index in ids], "int64")
    if not lengths.all():
        raise ValueError(f"Word {int(np.argmin(lengths))} of the new vocabulary has no pieces to take its vector from.")
    if flat.min() < 0 or flat.max() >= vocabulary_size:
        raise ValueError(f"Expected ids from 0 to {vocabulary_size - 1}, received {flat.min()} to {flat.max()}.")
    starts = np.cumsum(lengths) - lengths

    def means(array):
        return np.add.reduceat(array[flat], starts) / lengths.reshape(-1, *[1] * (array.ndim - 1))

    return _rebuilt(model, {"vocabulary_size": len(pieces)}, {TOKEN_TABLE: means, _TOKEN_BIAS: means})


def change_positions(model: PresetModel, max_sequence_length: int, *, method: str = "repeat") -> PresetModel:
    """Build the model anew for longer or shorter rows.

    Args:
        model: encoder, or a model with an `encoder`.
        max_sequence_length: number of positions. Fewer than before: the first ones are kept.
        method: where the vectors of new positions come from. "repeat", the default: the old table once more from its
            start, so that neighbours keep their look; "interpolate": the old table stretched to the new length, which
            moves every position.

    Returns:
        a model of the same class; the old one is left as it is.

    Raises:
        ValueError: where there is no such method.

    Example:
        >>> from bert_keras.models import BertEncoder, change_positions
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, max_sequence_length=128)
        >>> change_positions(encoder, 200).max_sequence_length
        200

    Reference:
        Repeating: [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150), section 5.
    """
    if method not in ("repeat", "interpolate"):
        raise ValueError(f"Expected method to be repeat or interpolate; received {method!r}.")

    offset = getattr(model, "encoder", model).position_offset

    def table(array):
        return np.concatenate([array[:offset], positions(array[offset:])])

    def positions(array):
        if method == "repeat" or max_sequence_length <= len(array):
            return array[np.arange(max_sequence_length) % len(array)]
        places = np.linspace(0, len(array) - 1, max_sequence_length)
        below = np.minimum(places.astype("int64"), len(array) - 2)
        share = (places - below)[:, None]
        return (1 - share) * array[below] + share * array[below + 1]

    return _rebuilt(model, {"max_sequence_length": max_sequence_length}, {_POSITIONS: table})


def _rebuilt(model, changes, functions):
    if any(layer.quantization_mode for layer in layers_within(model)):
        raise ValueError("Expected a model that is not quantized: its tables are integers with scales of their own.")
    config = model.get_config()
    encoder_config = config["encoder"]["config"] if "encoder" in config else config
    for numbers in (encoder_config, (encoder_config["embeddings"] or {}).get("config", {})):
        numbers.update((name, value) for name, value in changes.items() if name in numbers)
    changed = type(model).from_config(config)
    weights, new_weights = named_weights(model), named_weights(changed)
    if len(weights) != len(new_weights):
        raise ValueError(
            f"The model has {len(weights)} weights, {len(new_weights)} when it is built anew: call merge_lora first."
        )
    # By their order: Keras numbers the layers of a user's own part that have no names, and goes on numbering.
    for (name, variable), old in zip(new_weights.items(), weights.values(), strict=True):
        array = keras.ops.convert_to_numpy(old)
        if name in functions:
            array = padded(functions[name](array.astype("float32")), variable.shape)
        variable.assign(array)
    return changed
