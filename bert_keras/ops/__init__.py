"""The few numeric kernels that decide speed: a keras.ops reference each, and a fast path per backend, chosen once."""

from bert_keras.ops.activations import exact_gelu, fast_activation, gelu_tanh, get_activation
from bert_keras.ops.attention import dot_product_attention, reference_attention
from bert_keras.ops.check_ids import check_ids
from bert_keras.ops.dense import dense
from bert_keras.ops.dropout import dropout
from bert_keras.ops.gather import gather_positions
from bert_keras.ops.key_value_cache import KeyValueCache, empty_cache, write_slots
from bert_keras.ops.layer_norm import layer_norm
from bert_keras.ops.local_attention import block_length, block_mask, local_attention, within_window
from bert_keras.ops.matmul_transposed import matmul_transposed
from bert_keras.ops.packed_positions import packed_positions
from bert_keras.ops.place_at_positions import place_at_positions
from bert_keras.ops.rotary import rotary_angles, rotate
from bert_keras.ops.sample_tokens import sample_tokens
from bert_keras.ops.span_boundaries import span_boundaries

__all__ = [
    "KeyValueCache",
    "block_length",
    "block_mask",
    "check_ids",
    "dense",
    "dot_product_attention",
    "dropout",
    "empty_cache",
    "exact_gelu",
    "fast_activation",
    "gather_positions",
    "gelu_tanh",
    "get_activation",
    "layer_norm",
    "local_attention",
    "matmul_transposed",
    "packed_positions",
    "place_at_positions",
    "reference_attention",
    "rotary_angles",
    "rotate",
    "sample_tokens",
    "span_boundaries",
    "within_window",
    "write_slots",
]
