"""Learning rates by depth."""

import types

import pytest

from bert_keras.training import layerwise_decay


def encoder_of(num_blocks):
    def layer(name):
        return types.SimpleNamespace(name=name, trainable_variables=["kernel"])

    blocks = [layer(f"encoder_block_{i}") for i in range(num_blocks)]
    return types.SimpleNamespace(embeddings=layer("embeddings"), encoder_blocks=blocks)


def test_each_layer_gets_the_decay_times_the_rate_of_the_layer_above_it():
    assert layerwise_decay(encoder_of(2), 0.5) == {"embeddings": 0.125, "encoder_block_0": 0.25, "encoder_block_1": 0.5}


def test_frozen_layers_have_no_rate():
    encoder = encoder_of(2)
    encoder.embeddings.trainable_variables = []
    assert layerwise_decay(encoder, 0.5) == {"encoder_block_0": 0.25, "encoder_block_1": 0.5}


def test_without_decay_no_layer_is_named():
    assert layerwise_decay(encoder_of(2), 1) == {}


@pytest.mark.parametrize("decay", [0, -0.5, 1.5])
def test_a_decay_that_is_no_share_is_refused(decay):
    with pytest.raises(ValueError, match=f"above 0 and at most 1, received {decay}"):
        layerwise_decay(encoder_of(2), decay)
