import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import Embeddings, MaskedLMHead

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


def _below_an_embedding_of_ours():
    embeddings = Embeddings(11, 8, max_sequence_length=5)
    return embeddings.token_embedding, embeddings


def _below_a_table():
    table = keras.layers.ReversibleEmbedding(11, 8)
    return table, table


def _below_the_second_of_two():
    first, second = (Embeddings(11, 8, max_sequence_length=5) for _ in range(2))
    return second.token_embedding, lambda token_ids: first(token_ids) + second(token_ids)


def _below_an_encoder():
    encoder = keras.Sequential([keras.Input((None,), dtype="int32"), Embeddings(11, 8, max_sequence_length=5)])
    return encoder.layers[0].token_embedding, encoder


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "parts", [_below_an_embedding_of_ours, _below_a_table, _below_the_second_of_two, _below_an_encoder]
)
@pytest.mark.parametrize("way", ["file", "clone", "config"])
def test_a_functional_model_of_ones_own_comes_back_tied(tmp_path, parts, way):
    table, encode = parts()
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "mask_positions")}
    x = keras.layers.Dense(8)(encode(inputs["token_ids"]))
    model = keras.Model(inputs, MaskedLMHead(table, name="mlm")(x, inputs["mask_positions"]))
    if way == "file":
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
    else:
        again = keras.models.clone_model(model) if way == "clone" else keras.Model.from_config(model.get_config())
        again.set_weights(model.get_weights())
    batch = {"token_ids": np.array([[1, 2, 3, 10, 0]], "int32"), "mask_positions": np.array([[0, 2]], "int32")}
    expected = ops.convert_to_numpy(model(batch))
    np.testing.assert_allclose(ops.convert_to_numpy(again(batch)), expected, atol=1e-6)
    assert len(again.weights) == len(model.weights)
    again.get_layer("mlm").token_embedding.embeddings.assign(np.ones((11, 8)))  # the inputs follow
    again.get_layer("mlm").transform.kernel.assign(np.zeros((8, 8)))
    assert sum(np.all(ops.convert_to_numpy(weight) == 1) for weight in again.weights if weight.shape == (11, 8)) == 1


def test_a_table_that_lies_elsewhere_stays_the_heads_own(tmp_path):
    x = keras.Input((None, 8))
    model = keras.Model(x, head(name="mlm")(x))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(ops.convert_to_numpy(again(X)), ops.convert_to_numpy(model(X)))


def test_a_head_that_is_taken_off_its_table_is_refused(tmp_path):
    table = keras.layers.ReversibleEmbedding(11, 8)
    layer = MaskedLMHead(table)
    layer(table(keras.Input((None,), dtype="int32")))
    with pytest.raises(ValueError, match="tied to table 0 of those below its inputs.*there are 0"):
        MaskedLMHead.from_config(layer.get_config())(keras.Input((None, 8)))
