import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import MaskedLMHead

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
POSITIONS = np.array([[0, 4], [2, 2]], "int32")


def head(embedding_dim=8, **options):
    return MaskedLMHead(keras.layers.ReversibleEmbedding(11, embedding_dim), **options)


@pytest.mark.parametrize("embedding_dim", [8, 3])
def test_keras_own_checks(check_layer, embedding_dim):
    check_layer(
        MaskedLMHead,
        {"token_embedding": keras.layers.ReversibleEmbedding(11, embedding_dim)},
        input_shape={"inputs_shape": (2, 5, 8), "mask_positions_shape": (2, 2)},
        input_dtype={"inputs_shape": "float32", "mask_positions_shape": "int32"},
        expected_output_shape=(2, 2, 11),
        expected_num_trainable_weights=6,
        run_training_check=False,  # knows one input alone
    )


def test_keras_hubs_own_checks(check_layer_as_keras_hub):
    check_layer_as_keras_hub(
        MaskedLMHead,
        {"token_embedding": keras.layers.ReversibleEmbedding(11, 8)},
        {"inputs": ops.convert_to_tensor(X), "mask_positions": ops.convert_to_tensor(POSITIONS)},
        expected_output_shape=(2, 2, 11),
        expected_num_trainable_weights=6,
        run_precision_checks=False,  # they want logits in the layer's precision; ours are always float32
    )


def test_scores_the_positions_it_is_given_or_all():
    layer = head()
    some = ops.convert_to_numpy(layer(X, POSITIONS))
    all_positions = ops.convert_to_numpy(layer(X))
    assert all_positions.shape == (2, 5, 11)
    np.testing.assert_allclose(some, np.take_along_axis(all_positions, POSITIONS[..., None], axis=1), atol=1e-6)


def test_scores_are_the_table_times_the_transformed_vector_plus_a_bias_a_word():
    layer = head(activation="linear")
    layer(X)
    layer.transform.kernel.assign(np.eye(8))
    layer.bias.assign(np.arange(11.0))
    x = (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-12)
    table = ops.convert_to_numpy(layer.token_embedding.embeddings)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(X)), x @ table.T + np.arange(11.0), atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
def test_logits_are_float32_in_every_precision(policy):
    table = keras.layers.ReversibleEmbedding(11, 8, dtype=policy)
    logits = MaskedLMHead(table, dtype=policy)(X, POSITIONS)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    np.testing.assert_array_equal(logits.shape, (2, 2, 11))


@pytest.mark.skipif(keras.config.backend() == "torch", reason="Keras quantizes on TensorFlow and JAX")
def test_a_quantized_table_still_scores():
    layer = head()
    exact = ops.convert_to_numpy(layer(X))
    layer.token_embedding.quantize("int8")
    np.testing.assert_allclose(ops.convert_to_numpy(layer(X)), exact, atol=0.05)
