"""The initializer of every weight of BERT."""

import contextlib
import contextvars
from collections.abc import Iterator

import keras

from bert_keras.types import Initializer, Tensor

# Truncated normal of 0.02: `initializer_range` of https://github.com/google-research/bert/blob/master/modeling.py
BERT_INITIALIZER_RANGE = 0.02
_values_follow = contextvars.ContextVar("values_follow", default=False)


@contextlib.contextmanager
def values_follow() -> Iterator[None]:
    """Have weights begin with 0 where they would with BERT's initializer: their values are about to be loaded.

    Seeds are drawn all the same, so that what is built behind the context gets the numbers that it gets without it.
    """
    token = _values_follow.set(True)
    try:
        yield
    finally:
        _values_follow.reset(token)


@keras.saving.register_keras_serializable(package="bert_keras")
class BertNormal(keras.initializers.TruncatedNormal):
    """BERT's initializer; in a context of `values_follow` it draws nothing, which takes longer than to load weights."""

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        return keras.ops.zeros(shape, dtype) if _values_follow.get() else super().__call__(shape, dtype)


def fresh_initializer(initializer: Initializer | None = None) -> keras.initializers.Initializer:
    """Return a new initializer like the given one, BERT's if None.

    In Keras one initializer object gives every variable of a shape the same numbers, so each weight needs its own.

    Args:
        initializer: initializer, its name, its config, or None.

    Returns:
        `keras.initializers.Initializer`.
    """
    if initializer is None:
        return BertNormal(stddev=BERT_INITIALIZER_RANGE)
    initializer = keras.initializers.get(initializer)
    return initializer.clone() if isinstance(initializer, keras.initializers.Initializer) else initializer
