"""ELECTRA's discriminator: its loss, what it refuses, and its files."""

import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.models import ReplacedTokenDetector, load_preset


@pytest.fixture
def detector(make_encoder):
    """A discriminator with embeddings narrower than the encoder."""
    options = FAMILIES["electra"].size_defaults | {"embedding_dim": 6, "dropout": 0.0}
    return ReplacedTokenDetector(make_encoder(family="electra", **options))


@pytest.fixture
def labels():
    """What was replaced in the two rows; the last two tokens of the second are padding."""
    return np.array([[0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 1, 1]])


def test_loss_and_accuracy_are_those_of_the_tokens_without_padding(detector, rows, labels, untraced, outputs_of):
    detector.compile("sgd", metrics=["accuracy", "auc"], **untraced)
    found = detector.evaluate(rows, labels, return_dict=True, verbose=0)
    logits, is_token = outputs_of(detector, rows), rows["padding_mask"] == 1
    scores, targets = logits[is_token], labels[is_token]
    losses = np.log1p(np.exp(np.where(targets == 1, -scores, scores)))
    np.testing.assert_allclose(found["loss"], losses.mean(), rtol=1e-5)
    np.testing.assert_allclose(found["accuracy"], np.mean((scores > 0) == targets), rtol=1e-6)
    assert 0 <= found["auc"] <= 1
    np.testing.assert_array_equal(detector.decode(logits), logits > 0)


@pytest.mark.slow_elsewhere
def test_weights_leave_tokens_out(detector, rows, labels, untraced, outputs_of):
    detector.compile("sgd", **untraced)
    weights = np.zeros(labels.shape, "float32")
    weights[1, 2] = 0.5
    logit = outputs_of(detector, rows)[1, 2]
    found = detector.evaluate(rows, labels, sample_weight=weights, return_dict=True, verbose=0)
    np.testing.assert_allclose(found["loss"], np.log1p(np.exp(-logit)), rtol=1e-5)


@pytest.mark.slow_elsewhere
def test_what_is_no_label_is_refused(detector, rows, labels):
    with pytest.raises(ValueError, match="leave `loss` out, or write loss=training.ReplacedTokenLoss"):
        detector.compile("sgd", loss="binary_crossentropy")
    detector.compile("sgd", run_eagerly=True)
    with pytest.raises(ValueError, match="labels must be"):
        detector.evaluate(rows, labels + 1, verbose=0)


@pytest.mark.slow_elsewhere
def test_a_discriminator_comes_back_with_its_head(detector, make_encoder, rows, outputs_of, tmp_path):
    detector.save_to_preset(tmp_path / "electra")
    assert (tmp_path / "electra" / "model.safetensors").is_file()
    ReplacedTokenDetector(make_encoder(pooler=False)).save_to_preset(tmp_path / "bert")
    assert (tmp_path / "bert" / "model.safetensors").is_file()  # of which transformers reads the encoder
    loaded = load_preset(tmp_path / "electra")
    assert type(loaded) is ReplacedTokenDetector and loaded.load_report.new == loaded.load_report.unused == ()
    np.testing.assert_allclose(outputs_of(loaded, rows), outputs_of(detector, rows), atol=1e-6)
    loaded = load_preset(tmp_path / "bert")
    assert type(loaded) is ReplacedTokenDetector and loaded.load_report.new == loaded.load_report.unused == ()
