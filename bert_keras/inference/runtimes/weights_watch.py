"""Whether a network's weights have changed since they were copied, told without reading all of them."""

import keras
import numpy as np

_ROWS_OF_A_WEIGHT = 64  # at least as many as heads, whose rows may change alone


class WeightsWatch:
    """Remembers some entries of each of a network's weights, spread over its rows.

    A step of training moves nearly all entries of whatever it trains, and an attention head that is silenced all of its
    rows, so some of each weight show it. A change of single rows of a table may escape.

    Args:
        network: The network.

    Example:
        >>> import keras
        >>> network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> watch = WeightsWatch(network)
        >>> watch.has_changed()
        False
        >>> network.set_weights([2 * weight + 1 for weight in network.get_weights()])
        >>> watch.has_changed()
        True
    """

    def __init__(self, network: keras.Model):
        self._weights = network.weights
        if keras.config.backend() == "tensorflow":
            import tensorflow as tf

            # Of one call, which runs in half a millisecond: a hundred little ones would take ten times as long.
            self._entries = tf.function(self._entries, autograph=False).get_concrete_function()
        self._seen = self._now()

    def has_changed(self) -> bool:
        """Tell whether they are other weights than at the beginning, or at the last time that they were others."""
        before, self._seen = self._seen, self._now()
        return not np.array_equal(before, self._seen, equal_nan=True)

    def _now(self):
        return np.asarray(keras.ops.convert_to_numpy(self._entries()), "float32")

    def _entries(self):
        some = [weight.value[_place(weight.shape)] for weight in self._weights]
        return keras.ops.concatenate([keras.ops.cast(keras.ops.reshape(each, (-1,)), "float32") for each in some])


def _place(shape):
    """Return where the middle entries of rows stand, evenly from the first to the last."""
    if not shape:
        return ...
    return (slice(None, None, max(1, shape[0] // _ROWS_OF_A_WEIGHT)), *(size // 2 for size in shape[1:]))
