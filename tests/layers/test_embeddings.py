import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import Embeddings

SIZES = {"vocabulary_size": 11, "hidden_dim": 8, "max_sequence_length": 6}
INPUTS = {
    "token_ids": np.array([[1, 2, 10, 0], [3, 3, 3, 3]], "int32"),
    "segment_ids": np.array([[0, 0, 1, 0], [1, 1, 1, 1]], "int32"),
    "padding_mask": np.array([[1, 1, 1, 0], [1, 1, 2, 2]], "int32"),
}


def embed(layer, **inputs):
    return ops.convert_to_numpy(layer(**{name: np.array(value, "int32") for name, value in inputs.items()}))


@pytest.mark.parametrize("options", [{}, {"embedding_dim": 4, "num_segments": 0, "dropout": 0.1}])
def test_keras_own_checks(check_layer, options):
    names = ("token_ids", "segment_ids", "padding_mask")
    check_layer(
        Embeddings,
        SIZES | {"num_segments": 3} | options,  # its random ids are from 0 to 2
        input_shape={f"{name}_shape": (2, 4) for name in names},
        input_dtype={f"{name}_shape": "int32" for name in names},
        expected_output_shape=(2, 4, 8),
        run_training_check=False,  # knows one input alone
    )


def test_keras_hubs_own_checks(check_layer_as_keras_hub):
    check_layer_as_keras_hub(
        Embeddings,
        dict(SIZES),
        {name: ops.convert_to_tensor(value) for name, value in INPUTS.items()},
        expected_output_shape=(2, 4, 8),
        expected_num_trainable_weights=5,
    )


def test_sums_the_three_tables_and_normalizes():
    layer = Embeddings(**SIZES)
    x = embed(layer, **INPUTS)
    tokens, positions, segments = (
        ops.convert_to_numpy(table.embeddings)
        for table in (layer.token_embedding, layer.position_embedding, layer.segment_embedding)
    )
    total = tokens[INPUTS["token_ids"]] + positions[[[0, 1, 2, 3], [0, 1, 0, 1]]] + segments[INPUTS["segment_ids"]]
    total -= total.mean(-1, keepdims=True)
    np.testing.assert_allclose(x, total / np.sqrt(total.var(-1, keepdims=True) + 1e-12), atol=1e-4)


def test_positions_restart_at_packed_sequences_but_not_at_padding():
    layer = Embeddings(**SIZES)
    alone = embed(layer, token_ids=[[5, 5, 5, 5]], padding_mask=[[1, 1, 0, 0]])[0]
    packed = embed(layer, token_ids=[[5, 5, 5, 5, 5, 5]], padding_mask=[[1, 1, 2, 2, 3, 0]])[0]
    np.testing.assert_array_equal(packed[:5], alone[[0, 1, 0, 1, 0]])
    np.testing.assert_array_equal(alone, embed(layer, token_ids=[[5, 5, 5, 5]])[0])


def test_no_segments_means_segment_zero():
    layer = Embeddings(**SIZES)
    ids = INPUTS["token_ids"]
    np.testing.assert_array_equal(embed(layer, token_ids=ids), embed(layer, token_ids=ids, segment_ids=0 * ids))


def test_each_table_takes_its_own_initializer():
    layer = Embeddings(**SIZES, token_initializer="ones", position_initializer="zeros")
    layer.build((None, None))
    assert ops.convert_to_numpy(layer.token_embedding.embeddings).min() == 1
    assert ops.convert_to_numpy(layer.position_embedding.embeddings).max() == 0
    assert 0 < abs(ops.convert_to_numpy(layer.segment_embedding.embeddings)).max() <= 0.04


def test_a_row_longer_than_the_position_table_is_refused():
    with pytest.raises(ValueError, match="at most 6 tokens.*received 7"):
        Embeddings(**SIZES)(np.zeros((1, 7), "int32"))


def test_ids_beyond_the_tables_are_refused():
    layer = Embeddings(**SIZES)
    with pytest.raises(ValueError, match="token_ids must be from 0 to 10"):
        layer(np.array([[11]], "int32"))
    with pytest.raises(ValueError, match="segment_ids must be from 0 to 1"):
        layer(np.array([[1]], "int32"), segment_ids=np.array([[2]], "int32"))


def test_the_token_table_can_be_used_in_reverse():
    layer = Embeddings(**SIZES, dtype="mixed_bfloat16")
    x = layer(**INPUTS)
    logits = layer.token_embedding(x, reverse=True)
    assert logits.shape == (2, 4, 11)
    assert keras.backend.standardize_dtype(logits.dtype) == "bfloat16"


@pytest.mark.traced
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="other backends see all shapes")
def test_a_row_whose_length_is_not_known_before_is_refused_by_its_name_when_it_is_too_long():
    import tensorflow as tf

    layer = Embeddings(**SIZES)
    layer(INPUTS["token_ids"])
    call = tf.function(layer, input_signature=[tf.TensorSpec((None, None), tf.int32)])
    assert call(np.ones((1, 6), "int32")).shape == (1, 6, 8)
    with pytest.raises(tf.errors.InvalidArgumentError, match="max_sequence_length"):
        call(np.ones((1, 7), "int32"))


@pytest.mark.parametrize(
    ("padding_mask", "positions"),
    [
        ([1, 1, 1, 0], [2, 3, 4, 1]),
        ([0, 0, 1, 1], [1, 1, 2, 3]),
        ([1, 0, 1, 1], [2, 1, 3, 4]),
        ([1, 1, 2, 2], [2, 3, 2, 3]),
        (None, [2, 3, 4, 5]),
    ],
)
def test_behind_an_offset_tokens_are_counted_and_padding_has_the_last_row_before_them(padding_mask, positions):
    layer = Embeddings(**SIZES, position_offset=2, token_initializer="zeros", num_segments=0)
    masks = {} if padding_mask is None else {"padding_mask": [padding_mask]}
    x = embed(layer, token_ids=[[5, 5, 5, 5]], **masks)[0]
    table = ops.convert_to_numpy(layer.position_embedding.embeddings)[positions]
    assert layer.position_embedding.embeddings.shape == (8, 8)
    table -= table.mean(-1, keepdims=True)
    np.testing.assert_allclose(x, table / np.sqrt(table.var(-1, keepdims=True) + 1e-12), atol=1e-4)
    with pytest.raises(ValueError, match="at most 6 tokens.*received 7"):
        layer(np.zeros((1, 7), "int32"))


def test_one_segment_is_added_to_every_token():
    layer = Embeddings(**SIZES, num_segments=1)
    ids = INPUTS["token_ids"]
    np.testing.assert_array_equal(embed(layer, token_ids=ids), embed(layer, token_ids=ids, segment_ids=0 * ids))
    before = embed(layer, token_ids=ids)
    layer.segment_embedding.embeddings.assign(10 * np.arange(8)[None] ** 2)
    assert abs(embed(layer, token_ids=ids) - before).max() > 1
