"""The few numeric kernels that decide speed: a keras.ops reference each, and a fast path per backend, chosen once."""

from bert_keras.ops.activations import gelu_tanh
from bert_keras.ops.attention import dot_product_attention, reference_attention
from bert_keras.ops.gather import gather_positions

__all__ = ["dot_product_attention", "gather_positions", "gelu_tanh", "reference_attention"]
