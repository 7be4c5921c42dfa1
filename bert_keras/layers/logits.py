"""The last layer of a head, in float32 whatever the precision of what stands before it."""

import keras

from bert_keras.layers.initializers import fresh_initializer
from bert_keras.types import DType, Initializer


def logits_layer(units: int, kernel_initializer: Initializer, policy: DType) -> keras.layers.Dense:
    """Return the dense layer that gives a head's logits.

    A score in bfloat16 has three decimal digits: classes tie, and a regression moves in steps. The product with so few
    columns costs next to nothing in float32.

    Args:
        units: number of logits.
        kernel_initializer: initializer of the kernel, None for BERT's truncated normal of 0.02.
        policy: dtype policy of the head, of which only what was quantized counts.

    Returns:
        `keras.layers.Dense` from (..., hidden_dim) in any precision to (..., units) in float32.
    """
    quantized = dict(policy) if isinstance(policy, keras.dtype_policies.DTypePolicyMap) else None
    dtype = keras.dtype_policies.DTypePolicyMap("float32", quantized) if quantized else "float32"
    initializer = fresh_initializer(kernel_initializer)
    return keras.layers.Dense(units, kernel_initializer=initializer, dtype=dtype, name="dense")
