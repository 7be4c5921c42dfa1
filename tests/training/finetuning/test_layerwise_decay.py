"""Learning rates by depth."""

import types

import keras
import pytest

from bert_keras.models import BertEncoder
from bert_keras.training import AdamW, layerwise_decay


def encoder_of(num_blocks):
    def layer(name):
        return types.SimpleNamespace(name=name, trainable_variables=["kernel"])

    blocks = [layer(f"encoder_block_{i}") for i in range(num_blocks)]
    return types.SimpleNamespace(embeddings=layer("embeddings"), encoder_blocks=blocks)


def test_each_layer_gets_the_decay_times_the_rate_of_the_layer_above_it():
    assert layerwise_decay(encoder_of(2), 0.5) == {"embeddings": 0.125, "encoder_block_0": 0.25, "encoder_block_1": 0.5}


@pytest.mark.slow_elsewhere
def test_frozen_layers_have_no_rate():
    encoder = encoder_of(2)
    encoder.embeddings.trainable_variables = []
    assert layerwise_decay(encoder, 0.5) == {"encoder_block_0": 0.25, "encoder_block_1": 0.5}


@pytest.mark.slow_elsewhere
def test_without_decay_no_layer_is_named():
    assert layerwise_decay(encoder_of(2), 1) == {}


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("decay", [0, -0.5, 1.5])
def test_a_decay_that_is_no_share_is_refused(decay):
    with pytest.raises(ValueError, match=f"above 0 and at most 1, received {decay}"):
        layerwise_decay(encoder_of(2), decay)


def two_encoders():
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids")}
    inputs["padding_mask"] = keras.Input((None,), dtype="int32", name="padding_mask")
    encoders = [BertEncoder(20, 2, 2, 8, 16, name=name, dropout=0.0) for name in ("query", "document")]
    vectors = [encoder(inputs)["pooled_output"] for encoder in encoders]
    model = keras.Model(inputs, keras.layers.Dense(1, name="head")(keras.layers.concatenate(vectors)))
    return model, *encoders


def factors_of(model, optimizer):
    return [optimizer.rate_factor(variable) for variable in model.trainable_variables]


@pytest.mark.slow_elsewhere
def test_the_decay_of_one_of_two_encoders_leaves_the_other_alone():
    model, query, document = two_encoders()
    optimizer = AdamW(rate_factors=layerwise_decay(query, 0.5))
    before = factors_of(model, optimizer)
    optimizer.build(model.trainable_variables)
    assert factors_of(model, optimizer) == before
    assert {optimizer.rate_factor(v) for v in document.trainable_variables} == {1.0}
    assert {optimizer.rate_factor(v) for v in query.embeddings.trainable_variables} == {0.125}


@pytest.mark.slow_elsewhere
def test_two_encoders_have_decays_of_their_own_also_after_saving(tmp_path):
    model, query, document = two_encoders()
    factors = layerwise_decay(query, 0.5) | layerwise_decay(document, 0.25)
    model.compile(AdamW(rate_factors=factors), "mse")
    model.optimizer.build(model.trainable_variables)
    assert {model.optimizer.rate_factor(v) for v in document.embeddings.trainable_variables} == {0.25**3}
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert factors_of(loaded, loaded.optimizer) == factors_of(model, model.optimizer)
    assert loaded.optimizer.get_config() == model.optimizer.get_config()


@pytest.mark.slow_elsewhere
def test_each_line_of_the_description_names_another_layer():
    model, query, _ = two_encoders()
    lines = AdamW(rate_factors=layerwise_decay(query, 0.5)).describe(model.weights).splitlines()[1:]
    layers = [line.split()[-1] for line in lines]
    assert len(set(layers)) == len(layers) and sum("encoder_block_0" in layer for layer in layers) == 2


@pytest.mark.slow_elsewhere
def test_an_encoder_used_twice_has_one_decay():
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "padding_mask")}
    others = {name: keras.Input((None,), dtype="int32", name=f"other_{name}") for name in inputs}
    encoder = BertEncoder(20, 1, 2, 8, 16, num_segments=0)
    outputs = keras.layers.dot([encoder(x)["pooled_output"] for x in (inputs, others)], axes=1)
    model = keras.Model([inputs, others], outputs)
    optimizer = AdamW(rate_factors=layerwise_decay(encoder, 0.5))
    optimizer.build(model.trainable_variables)
    assert {optimizer.rate_factor(v) for v in encoder.encoder_blocks[0].trainable_variables} == {0.5}


@pytest.mark.slow_elsewhere
def test_a_name_that_layers_of_two_encoders_have_is_refused():
    model, _, _ = two_encoders()
    with pytest.raises(ValueError, match=r"several layers are called so, in different encoders"):
        AdamW(rate_factors={"encoder_block_0": 0.5}).build(model.trainable_variables)


@pytest.mark.slow_elsewhere
def test_an_encoder_of_a_published_size_may_have_a_name():
    assert BertEncoder.from_size("tiny", vocabulary_size=10, name="query").name == "query"
