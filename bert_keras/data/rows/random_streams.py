"""Random numbers by use: order, pairs, masks and cuts draw from streams of their own, all of them made of one seed."""

import tensorflow as tf

_USES = ("order", "pairs", "masks", "cuts", "noise")


def random_stream(seed: int, use: str, training: bool) -> tf.Tensor:
    """One int64 for each use of randomness: beside an epoch or a step it makes a seed that no other use has.

    Args:
        seed: Any integer.
        use: `"order"`, `"pairs"`, `"masks"`, `"cuts"` or `"noise"`.
        training: Training and evaluation draw from different streams.
    """
    seed = (seed + (1 << 63)) % (1 << 64) - (1 << 63)  # what int64 makes of it
    stream = tf.constant([seed, 2 * _USES.index(use) + training], tf.int64)
    return tf.random.fold_in(stream, tf.constant(0, tf.int64), alg="philox")[0]
