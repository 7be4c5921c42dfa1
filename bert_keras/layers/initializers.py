"""The initializer of every weight of BERT."""

import keras

from bert_keras.types import Initializer

# Truncated normal of 0.02: `initializer_range` of https://github.com/google-research/bert/blob/master/modeling.py
BERT_INITIALIZER_RANGE = 0.02


def fresh_initializer(initializer: Initializer | None = None) -> keras.initializers.Initializer:
    """Return a new initializer like the given one, BERT's if None.

    In Keras one initializer object gives every variable of a shape the same numbers, so each weight needs its own.

    Args:
        initializer: initializer, its name, its config, or None.

    Returns:
        `keras.initializers.Initializer`.
    """
    if initializer is None:
        return keras.initializers.TruncatedNormal(stddev=BERT_INITIALIZER_RANGE)
    initializer = keras.initializers.get(initializer)
    return initializer.clone() if isinstance(initializer, keras.initializers.Initializer) else initializer
