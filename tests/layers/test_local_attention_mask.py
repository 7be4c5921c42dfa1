import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import AttentionMask, LocalAttentionMask, SelfAttention

X = np.random.default_rng(0).normal(size=(2, 45, 8)).astype("float32")
PADDING_MASK = np.array([[1] * 20 + [2] * 25, [1] * 40 + [0] * 5], "int32")


def test_a_window_composes_with_padding_and_packed_rows():
    both_ways = AttentionMask()(np.array([[1, 1, 1, 2, 2, 0]]))
    mask = ops.convert_to_numpy(LocalAttentionMask(window=3)(both_ways)).astype(int)[0]
    assert mask.tolist() == [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 1, 0],  # padding sees the tokens near to it
    ]


def test_long_rows_get_blocks_and_short_rows_whole_rows():
    def shape(length, window):
        padding_mask = np.ones((2, length), "int32")
        mask = LocalAttentionMask(window)
        spec = mask(keras.KerasTensor((2, length, length), "bool"), keras.KerasTensor((2, length), "int32"))
        found = mask(AttentionMask()(padding_mask), padding_mask)
        assert tuple(found.shape) == tuple(spec.shape)
        return tuple(found.shape)

    assert shape(40, 20) == (2, 40, 40)
    assert shape(41, 20) == (2, 3, 16, 48)
    unknown = LocalAttentionMask(20)(keras.KerasTensor((None, None, None)), keras.KerasTensor((None, None), "int32"))
    assert unknown.shape == (None, None, 16, 48)


def test_attention_gives_the_same_by_whole_rows_and_by_blocks():
    layer, both_ways = SelfAttention(8, 2), AttentionMask()(PADDING_MASK)
    whole = ops.convert_to_numpy(layer(X, attention_mask=LocalAttentionMask(10)(both_ways)))
    blocks = ops.convert_to_numpy(layer(X, attention_mask=LocalAttentionMask(10)(both_ways, PADDING_MASK)))
    np.testing.assert_allclose(blocks[PADDING_MASK > 0], whole[PADDING_MASK > 0], atol=1e-5)


def test_scores_of_blocks_are_refused():
    mask = LocalAttentionMask(10)(AttentionMask()(PADDING_MASK), PADDING_MASK)
    with pytest.raises(ValueError, match="no scores of whole rows where the mask comes in blocks"):
        SelfAttention(8, 2)(X, attention_mask=mask, return_attention_scores=True)


def test_a_window_of_nothing_is_refused():
    with pytest.raises(ValueError, match="window of at least 1 token, received 0"):
        LocalAttentionMask(0)


def test_the_window_is_in_the_config():
    assert LocalAttentionMask.from_config(LocalAttentionMask(7).get_config()).window == 7
