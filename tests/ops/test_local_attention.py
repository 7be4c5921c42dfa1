import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from keras import ops

from bert_keras.layers import AttentionMask
from bert_keras.ops import block_mask, dot_product_attention, local_attention, within_window


def packed_row(lengths, length):
    """A padding mask of sequences of these lengths, cut or padded to a length."""
    row = [number for number, count in enumerate(lengths, 1) for _ in range(count)]
    return (row + [0] * length)[:length]


rows_of_sequences = st.lists(st.integers(1, 60), min_size=1, max_size=4)


@pytest.mark.slow_elsewhere  # JAX compiles each shape
@settings(max_examples=15)
@given(
    length=st.integers(2, 110),
    window=st.integers(1, 50),
    rows=st.lists(rows_of_sequences, min_size=1, max_size=2),
    seed=st.integers(0, 99),
)
@example(length=64, window=32, rows=[[64], [10, 20]], seed=0)  # whole blocks
@example(length=33, window=32, rows=[[33]], seed=0)  # one token in a block
def test_blocks_give_what_the_whole_row_gives_within_the_window(length, window, rows, seed):
    padding_mask = np.array([packed_row(row, length) for row in rows], "int32")
    query, key, value = np.random.default_rng(seed).normal(size=(3, len(rows), 2, length, 4)).astype("float32")
    query, key, value = map(ops.convert_to_tensor, (query, key, value))
    mask = within_window(AttentionMask()(padding_mask), window)
    expected = ops.convert_to_numpy(dot_product_attention(query, key, value, mask))
    found = ops.convert_to_numpy(local_attention(query, key, value, block_mask(padding_mask, window)))
    sees = ops.convert_to_numpy(mask).any(-1)  # padding that no token is near to gets what nobody looks at
    assert found.shape == expected.shape
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.swapaxes(1, 2)[sees], expected.swapaxes(1, 2)[sees], rtol=1e-5, atol=1e-5)


def test_a_token_sees_half_the_window_to_each_side_the_ends_included():
    x = ops.zeros((1, 1, 41, 1))  # all keys fit as well
    values = np.zeros((1, 1, 41, 1), "float32")
    values[0, 0, 20] = 1
    mask = block_mask(ops.ones((1, 41), "int32"), 8)
    found = ops.convert_to_numpy(local_attention(x, x, ops.convert_to_tensor(values), mask))[0, 0, :, 0]
    assert np.flatnonzero(found).tolist() == list(range(16, 25))
    np.testing.assert_allclose(found[20], 1 / 9, rtol=1e-6)


def largest_number_of_elements(length):
    """Elements of the largest tensor that local attention and its gradient make for a row of so many tokens."""
    import tensorflow as tf

    @tf.function
    def step(x, padding_mask):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = local_attention(x, x, x, block_mask(padding_mask, 128))
        return tape.gradient(y, x)

    graph = step.get_concrete_function(
        tf.TensorSpec((1, 2, length, 8), "float32"), tf.TensorSpec((1, length), "int32")
    ).graph
    return max(int(np.prod(tensor.shape)) for operation in graph.get_operations() for tensor in operation.outputs)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="looks into TensorFlow's graph")
def test_no_tensor_grows_with_the_square_of_the_length():
    few, many = (largest_number_of_elements(length) for length in (2048, 8192))
    assert many == 4 * few < 8192**2 / 10


def test_dropped_scores_are_as_many_as_asked_for():
    x, mask = ops.zeros((1, 1, 320, 1)), block_mask(ops.ones((1, 320), "int32"), 64)
    dropped = local_attention(x, x, ops.ones((1, 1, 320, 1)), mask, dropout=0.25, seed=1)
    kept = ops.convert_to_numpy(dropped) * 0.75
    assert 0.72 < kept.mean() < 0.78 and kept.std() > 0.01
