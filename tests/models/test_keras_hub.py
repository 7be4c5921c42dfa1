"""KerasHub's models into ours and back: the same weights bit for bit, and the same numbers out of them."""

import logging

import keras
import numpy as np
import pytest

from bert_keras.checkpoints import KerasHubCheckpoint
from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier

keras_hub = pytest.importorskip("keras_hub")

# JAX compiles each of KerasHub's layers by itself, for a minute in all.
pytestmark = [pytest.mark.slow] if keras.config.backend() == "jax" else []

NUMBERS = {
    "vocabulary_size": 30,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "max_sequence_length": 10,
}


def scramble(model):
    """Weights large enough for every part to show in the outputs."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(scale=0.4, size=weight.shape))
    return model


@pytest.fixture
def backbone():
    return scramble(keras_hub.models.BertBackbone(**NUMBERS))


def equal_weights(model, other):
    weights = {weight.path: keras.ops.convert_to_numpy(weight) for weight in other.weights}
    return len(weights) == len(model.weights) and all(
        np.array_equal(keras.ops.convert_to_numpy(weight), weights[weight.path]) for weight in model.weights
    )


@pytest.mark.parametrize("saved", [False, True], ids=["object", "directory"])
def test_a_backbone(backbone, rows, outputs_of, tmp_path, saved):
    backbone.save_to_preset(tmp_path / "theirs")
    encoder = BertEncoder.from_preset(tmp_path / "theirs" if saved else backbone)
    assert encoder.load_report.new == encoder.load_report.unused == ()
    expected = outputs_of(backbone, rows)
    outputs = outputs_of(encoder, rows)
    np.testing.assert_allclose(outputs["sequence_output"], expected["sequence_output"], atol=2e-5)
    np.testing.assert_allclose(outputs["pooled_output"], expected["pooled_output"], atol=1e-5)
    assert equal_weights(encoder.to_keras_hub(), backbone)


@pytest.mark.parametrize("saved", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["object", "directory"])
def test_a_masked_lm(backbone, pretraining_rows, outputs_of, tmp_path, saved):
    theirs = scramble(keras_hub.models.BertMaskedLM(backbone))
    theirs.save_to_preset(tmp_path / "theirs")
    pretrainer = BertPretrainer.from_preset(tmp_path / "theirs" if saved else theirs, pooler=True)
    assert pretrainer.load_report.new == pretrainer.load_report.unused == ()
    outputs = outputs_of(pretrainer, pretraining_rows)["mlm"]
    expected = keras.ops.convert_to_numpy(theirs(pretraining_rows))
    np.testing.assert_allclose(outputs, expected, atol=2e-5)
    assert equal_weights(pretrainer.to_keras_hub(), theirs)


@pytest.mark.parametrize("saved", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["object", "directory"])
def test_a_classifier(backbone, rows, outputs_of, tmp_path, saved):
    theirs = scramble(keras_hub.models.BertTextClassifier(backbone, num_classes=3, dropout=0.25))
    theirs.save_to_preset(tmp_path / "theirs")
    classifier = TextClassifier.from_preset(tmp_path / "theirs" if saved else theirs)
    assert (classifier.num_classes, classifier.dropout) == (3, 0.25)
    np.testing.assert_allclose(outputs_of(classifier, rows), keras.ops.convert_to_numpy(theirs(rows)), atol=2e-5)
    assert equal_weights(classifier.to_keras_hub(), theirs)


def test_ours_is_saved_as_a_preset_of_theirs(make_encoder, rows, outputs_of, tmp_path):
    encoder = make_encoder(activation="gelu_tanh", layer_norm_epsilon=1e-12, attention_dropout=0.1)
    encoder.save_to_preset(tmp_path / "theirs", format="keras_hub")
    theirs = keras_hub.models.BertBackbone.from_preset(str(tmp_path / "theirs"))
    pooled = keras.ops.convert_to_numpy(theirs(rows)["pooled_output"])
    np.testing.assert_allclose(outputs_of(encoder, rows)["pooled_output"], pooled, atol=1e-5)


def test_what_theirs_computes_otherwise_is_refused_or_logged(make_encoder, caplog):
    pretrainer = BertPretrainer(make_encoder(), next_sentence=False)
    with pytest.raises(ValueError, match="activation is gelu here, gelu_tanh there; head_layer_norm_epsilon is 1e-12"):
        pretrainer.to_keras_hub()
    with caplog.at_level(logging.WARNING, "bert_keras"):
        assert type(pretrainer.to_keras_hub(exact=False)).__name__ == "BertMaskedLM"
    assert "gelu_tanh there" in caplog.text
    with pytest.raises(ValueError, match="KerasHub's BERT has no place for .'sentence_pair_head/dense/bias'"):
        BertPretrainer(make_encoder()).to_keras_hub(exact=False)


def test_what_theirs_has_no_place_for_is_logged(make_encoder, caplog):
    encoder = make_encoder(activation="gelu_tanh", layer_norm_epsilon=1e-12, attention_dropout=0.1)
    with caplog.at_level(logging.WARNING, "bert_keras"):
        TextClassifier(encoder, num_classes=2).to_keras_hub()
    assert "no place" not in caplog.text
    with caplog.at_level(logging.WARNING, "bert_keras"):
        TextClassifier(encoder, num_classes=2, labels=["坏", "好"], threshold=0.3).to_keras_hub()
    assert "no place for labels ['坏', '好'], threshold 0.3" in caplog.text


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="Expected BertBackbone, .* its MaskedLM or TextClassifier, .* Dense"):
        BertEncoder.from_preset(keras.layers.Dense(1))


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("config.json", lambda text: text.replace("BertBackbone", "GPT2Backbone"), "class_name is 'GPT2Backbone'"),
        ("config.json", lambda text: text.replace('"num_heads": 2', '"num_heads": "2"'), "num_heads must be a whole"),
        ("config.json", lambda text: text.replace('"num_heads"', '"pre_norm": true, "num_heads"'), "pre_norm is not"),
        ("config.json", lambda text: text.replace(": 30", ": 3000000000"), "numbers; the model of config.json needs"),
        ("config.json", lambda text: text.replace('layers": 1', 'layers": 2000000000'), "too few weights for the 2000"),
        ("config.json", lambda text: text.replace(": 30", ": 29"), "does not fit the model of config.json"),
        ("config.json", lambda text: text[:-10], "is not JSON"),
        ("model.weights.h5", lambda text: text[:-10], "no sound HDF5 file"),
        ("model.weights.h5", lambda text: "", "no sound HDF5 file"),
    ],
)
def test_a_damaged_directory_is_refused(backbone, tmp_path, file, change, message):
    backbone.save_to_preset(tmp_path)
    path = tmp_path / file
    path.write_text(change(path.read_text(encoding="latin-1")), encoding="latin-1")
    with pytest.raises(ValueError, match=message):
        KerasHubCheckpoint(tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        KerasHubCheckpoint(tmp_path)
