import keras
import numpy as np
from keras import ops

from bert_keras.layers import SpanBoundaryHead

BEFORE, BEHIND = np.random.default_rng(0).normal(size=(2, 3, 4, 8)).astype("float32")
NUMBERS = np.array([[0, 1, 2, 3], [0, 0, 1, 0], [0, 1, 0, 0]], "int32")


def head(embedding_dim=8, **options):
    keras.utils.set_random_seed(0)
    options = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.5)} | options
    return SpanBoundaryHead(keras.layers.ReversibleEmbedding(11, embedding_dim), **options)


def test_keras_own_checks(check_layer):
    check_layer(
        SpanBoundaryHead,
        {"token_embedding": keras.layers.ReversibleEmbedding(11, 3), "max_span_tokens": 5, "position_dim": 6},
        input_shape={"inputs_shape": (2, 4, 8), "behind_shape": (2, 4, 8), "numbers_shape": (2, 4)},
        input_dtype={"inputs_shape": "float32", "behind_shape": "float32", "numbers_shape": "int32"},
        expected_output_shape=(2, 4, 11),
        expected_num_trainable_weights=11,
        run_training_check=False,  # knows one input alone
    )


def test_two_layers_and_the_table_as_in_the_paper():
    layer = head(embedding_dim=5, activation="tanh", position_dim=6)
    found = ops.convert_to_numpy(layer(BEFORE, BEHIND, NUMBERS))
    layer.bias.assign(np.arange(11.0))
    weight = {variable.path.split("/", 1)[-1]: ops.convert_to_numpy(variable) for variable in layer.weights}

    def normalized(x, kernel, bias):
        x = np.tanh(x @ kernel + bias)
        return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)

    places = ops.convert_to_numpy(layer.position_embedding.embeddings)[NUMBERS]
    x = np.concatenate([BEFORE, BEHIND, places], axis=-1)
    x = normalized(x, weight["boundary_transform/kernel"], weight["boundary_transform/bias"])
    x = normalized(x, weight["transform/kernel"], weight["transform/bias"])
    expected = x @ ops.convert_to_numpy(layer.token_embedding.embeddings).T
    np.testing.assert_allclose(found, expected, atol=1e-4)
    moved = ops.convert_to_numpy(layer(BEFORE, BEHIND, NUMBERS))
    np.testing.assert_allclose(moved, expected + np.arange(11.0), atol=1e-4)


def test_places_behind_the_last_share_its_vector():
    layer = head(max_span_tokens=3)
    far = ops.convert_to_numpy(layer(BEFORE, BEHIND, NUMBERS + 2))
    np.testing.assert_array_equal(far, ops.convert_to_numpy(layer(BEFORE, BEHIND, 2 + 0 * NUMBERS)))
    assert not np.allclose(far, ops.convert_to_numpy(layer(BEFORE, BEHIND, NUMBERS)))
