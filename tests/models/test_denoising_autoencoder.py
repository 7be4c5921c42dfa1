"""A decoder that knows a text by its sentence vector alone: sentence-transformers' loss, training, what is kept."""

import importlib.util
import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import DenoisingAutoencoder, SentenceEncoder

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
EXPECTED = json.loads((GOLDEN / "denoising_loss.json").read_text())


@pytest.fixture(scope="module")
def script():
    """`tests/golden/make_denoising_loss.py`, whose arrays need no other library."""
    spec = importlib.util.spec_from_file_location("make_denoising_loss", GOLDEN / "make_denoising_loss.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_tiny_bert(script, **options):
    model = DenoisingAutoencoder(SentenceEncoder.from_preset(GOLDEN / "tiny_bert", dropout=0.0), **options)
    model.load_head(GOLDEN / "tiny_bert")
    x, cross_attentions = script.arrays()
    for layer, weights in zip(model.get_layer("decoder").cross_attentions, cross_attentions, strict=True):
        for weight in layer.weights:
            weight.assign(weights["/".join(weight.path.split("/")[-2:])])
    return model, x


@pytest.mark.parametrize("tied", [True, False])
def test_the_loss_is_that_of_sentence_transformers_with_the_same_weights_and_the_same_noise(script, tied, untraced):
    model, x = of_tiny_bert(script, tied=tied)
    model.compile("sgd", **untraced)
    assert model.evaluate(x, verbose=0, return_dict=True)["loss"] == pytest.approx(EXPECTED["loss"], rel=1e-5)


def test_the_gradient_of_the_tied_table_is_that_of_sentence_transformers(script, untraced):
    model, x = of_tiny_bert(script)
    model.compile(keras.optimizers.SGD(1.0), **untraced)
    table = model.encoder.token_embedding.embeddings
    before = ops.convert_to_numpy(table)
    model.fit(x, verbose=0)
    assert np.abs(ops.convert_to_numpy(table) - before).sum() == pytest.approx(EXPECTED["gradient"], rel=1e-4)


@pytest.mark.slow
def test_the_golden_values_are_those_of_the_sentence_transformers_that_is_installed(script):
    pytest.importorskip("sentence_transformers")
    assert script.expected() == pytest.approx(EXPECTED, rel=1e-6)


def two_texts():
    token_ids = np.array([[[2, 7, 3, 0, 0], [2, 7, 8, 9, 3]], [[2, 11, 3, 0, 0], [2, 11, 12, 3, 0]]], "int32")
    return {"token_ids": token_ids, "segment_ids": 0 * token_ids, "padding_mask": (token_ids != 0).astype("int32")}


def test_a_token_is_told_the_past_and_the_vector_and_nothing_else(make_encoder, outputs_of):
    model = DenoisingAutoencoder(SentenceEncoder(make_encoder(pooler=False)))
    x = two_texts()
    scores = outputs_of(model, x)
    x["token_ids"][0, 1, 3] = 20  # of the whole, later
    later = outputs_of(model, x)
    np.testing.assert_allclose(later[0, :3], scores[0, :3], atol=1e-5)
    assert np.abs(later[0, 3:] - scores[0, 3:]).max() > 1e-3
    x["token_ids"][1, 0, 1] = 20  # of the remains
    assert np.abs(outputs_of(model, x)[1] - scores[1]).max(axis=-1)[:4].min() > 1e-4


@pytest.mark.parametrize("family", [{}, {"normalize_first": True}])
def test_a_tied_decoder_adds_its_cross_attention_and_head_alone_and_others_begin_as_copies(make_encoder, family):
    sentence_encoder = SentenceEncoder(make_encoder(pooler=False, **family))
    tied = DenoisingAutoencoder(sentence_encoder)
    apart = DenoisingAutoencoder(sentence_encoder, tied=False)
    of_encoder = len(sentence_encoder.weights)
    of_block = 4 if family else 6
    assert len(tied.weights) == of_encoder + 2 * of_block + 5
    assert len(apart.weights) == len(tied.weights) + of_encoder
    again = DenoisingAutoencoder.from_config(apart.get_config())
    assert again.tied is False and len(again.weights) == len(apart.weights)


@pytest.mark.slow
def test_it_learns_through_fit_and_the_sentence_encoder_alone_is_saved(make_encoder, untraced, tmp_path):
    sentence_encoder = SentenceEncoder(make_encoder(pooler=False, dropout=0.1), mini_batch_size=1)
    model = DenoisingAutoencoder(sentence_encoder)
    model.compile(keras.optimizers.Adam(0.05), **untraced)
    losses = model.fit(two_texts(), epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    sentence_encoder.save_to_preset(tmp_path)
    saved = SentenceEncoder.from_preset(tmp_path)
    assert not saved.load_report.new and len(saved.weights) == len(sentence_encoder.weights)
    for one, other in zip(saved.weights, sentence_encoder.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(one), ops.convert_to_numpy(other))


def test_a_preset_without_a_masked_lm_head_is_said(make_encoder, caplog, tmp_path):
    sentence_encoder = SentenceEncoder(make_encoder(pooler=False))
    sentence_encoder.save_to_preset(tmp_path)
    DenoisingAutoencoder(sentence_encoder).load_head(tmp_path)
    assert "has no masked_lm_head/bias" in caplog.text
