"""LoRA on an encoder of ours: what learns, and what is left of it in files."""

import numpy as np
import pytest

from bert_keras.models import BertEncoder, TextClassifier
from bert_keras.training import AdamW, add_lora, classification_loss, layerwise_decay, merge_lora

IDS = np.random.default_rng(0).integers(5, 50, (8, 6)).astype("int32")
X = {"token_ids": IDS, "segment_ids": 0 * IDS, "padding_mask": 0 * IDS + 1}
Y = (IDS[:, 1] % 2).astype("int32")


@pytest.fixture
def classifier():
    encoder = BertEncoder(50, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16, dropout=0.0)
    return TextClassifier(encoder, num_classes=2, dropout=0.0)


def trained(classifier, **compile_arguments):
    factors = layerwise_decay(classifier.encoder, 0.9)
    classifier.compile(AdamW(0.1, rate_factors=factors), classification_loss(), **compile_arguments)
    classifier.fit(X, Y, epochs=3, verbose=0)


@pytest.mark.slow_elsewhere
def test_adapters_head_and_pooler_alone_learn(classifier, untraced):
    outputs = classifier.predict_on_batch(X)
    before = {v.path: v.numpy() for v in classifier.weights}
    add_lora(classifier.encoder, 2)
    np.testing.assert_array_equal(classifier.predict_on_batch(X), outputs)
    trained(classifier, **untraced)
    after = {v.path: v.numpy() for v in classifier.weights}
    changed = {path for path, old in before.items() if not np.array_equal(old, after[path])}
    assert {path.split("/")[-3] for path in changed} == {"classification_head", "pooler"}
    assert sum("lora" in path for path in after) == 2 * 4 * 2  # blocks, dense layers, matrices


@pytest.mark.slow  # to quantize a model takes 12 s
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")  # Keras of its own input layers
def test_adapters_on_quantized_kernels_are_refused_before_they_learn(classifier):
    classifier.predict_on_batch(X)
    classifier.encoder.quantize("int8")
    with pytest.raises(ValueError, match="Kernels in int8 cannot take up what adapters learn"):
        add_lora(classifier.encoder, 2)


@pytest.mark.slow_elsewhere
def test_merged_adapters_leave_a_plain_model_with_the_same_outputs(classifier, tmp_path, untraced):
    plain = [v.path for v in classifier.trainable_weights]
    add_lora(classifier.encoder, 2)
    trained(classifier, **untraced)
    outputs, scores = classifier.predict_on_batch(X), classifier.evaluate(X, Y, verbose=0)
    merge_lora(classifier.encoder)
    assert [v.path for v in classifier.trainable_weights] == plain
    np.testing.assert_allclose(classifier.predict_on_batch(X), outputs, rtol=1e-5, atol=1e-5)
    assert classifier.evaluate(X, Y, verbose=0) == pytest.approx(scores, abs=1e-5)
    classifier.save_to_preset(tmp_path)
    loaded = TextClassifier.from_preset(tmp_path)
    np.testing.assert_allclose(loaded.predict_on_batch(X), outputs, rtol=1e-5, atol=1e-5)


def test_without_a_rank_nothing_is_added_and_nothing_merged(classifier):
    before = [v.path for v in classifier.trainable_weights]
    add_lora(classifier.encoder, 0)
    merge_lora(classifier.encoder)
    assert [v.path for v in classifier.trainable_weights] == before


def test_a_negative_rank_is_refused(classifier):
    with pytest.raises(ValueError, match="rank of at least 0, received -1"):
        add_lora(classifier.encoder, -1)


def test_adapters_that_are_not_merged_are_named_when_the_preset_is_saved(classifier, tmp_path):
    add_lora(classifier.encoder, 2)
    with pytest.raises(ValueError, match=r"adapters \(call `bert_keras.training.merge_lora"):
        classifier.save_to_preset(tmp_path)
