"""Several trainings in one process, each to the bit what it would be alone."""

import keras


def fresh_session() -> None:
    """Have Keras forget its models and the names that it gave; precision and distribution stay as they are set.

    A state is resumed by names: those of a model must not depend on how many were there before it.

    Example:
        >>> import keras
        >>> fresh_session()
        >>> keras.layers.Dense(1).name
        'dense'
    """
    policy, distribution = keras.config.dtype_policy(), keras.distribution.distribution()
    keras.utils.clear_session()
    keras.config.set_dtype_policy(policy)
    keras.distribution.set_distribution(distribution)
