import logging

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, CausalLM
from bert_keras.training import AdamW
from bert_keras.training.callbacks import LayerStatistics
from bert_keras.training.layer_weights import layer_weights, loss_gradients
from bert_keras.training.resuming.model_state import read_variable

LAYERS = ["embeddings", "encoder_block_0", "encoder_block_1", "pooler", "classification_head"]


def fit(model, batch, callbacks=(), epochs=2):
    x, y, w = batch
    return model.fit(x, y, sample_weight=w, batch_size=2, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)


@pytest.fixture
def classifier(small_classifier):
    return small_classifier()


def test_every_weight_stands_at_one_layer(classifier):
    layers = layer_weights(classifier)
    assert list(layers) == LAYERS
    found = [weight for weights in layers.values() for weight in weights]
    assert sorted(map(id, found)) == sorted(map(id, classifier.weights))


def test_gradients_are_those_of_the_loss_without_dropout(classifier, text_batch):
    x, y, _ = text_batch
    w = np.array([1, 0, 1, 0], "float32")
    gradients = loss_gradients(classifier, (x, y, w))
    assert list(gradients) == LAYERS
    bias = classifier.head_layer.weights[-1]
    step = np.array([1e-2, 0.0], "float32")

    def loss(change):
        bias.assign_add(change)
        result = classifier.compute_loss(x, y, classifier(x, training=False), w, training=False)
        bias.assign_add(-change)
        return float(keras.ops.convert_to_numpy(result))

    assert gradients["classification_head"][-1][0] == pytest.approx((loss(step) - loss(-step)) / 2e-2, rel=1e-3)
    assert gradients["embeddings"][0].shape == classifier.encoder.token_embedding.embeddings.shape


@pytest.mark.slow_elsewhere
def test_gradients_of_frozen_layers_are_left_out(classifier, text_batch):
    classifier.encoder.freeze_lowest(1)
    assert list(loss_gradients(classifier, text_batch)) == LAYERS[2:]


@pytest.mark.slow_elsewhere
def test_a_model_that_takes_its_labels_from_its_inputs_needs_no_others(text_batch, logged_values, tmp_path):
    encoder = BertEncoder(8, 1, 2, 4, 8, max_sequence_length=6, pooler=False, attention_pattern="causal")
    model = CausalLM(encoder)
    model.compile(AdamW(1e-2), run_eagerly=True)
    model.fit(text_batch[0], batch_size=2, epochs=1, verbose=0, callbacks=[LayerStatistics(tmp_path, text_batch[:1])])
    for step, norm in logged_values(tmp_path, "gradient_norm/encoder_block_0").items():
        assert step in (0, 2) and norm > 0


def test_a_batch_without_targets_is_refused(classifier, text_batch):
    with pytest.raises(ValueError, match="without targets"):
        loss_gradients(classifier, text_batch[:1])


@pytest.mark.slow_elsewhere
def test_histograms_and_norms_of_each_layer_before_and_after_each_epoch(
    classifier, text_batch, logged_values, tmp_path
):
    before = np.concatenate([read_variable(w).ravel() for w in layer_weights(classifier)["pooler"]])
    fit(classifier, text_batch, [LayerStatistics(tmp_path, text_batch)])
    for name in LAYERS:
        for kind in ("weights", "gradients"):
            assert list(logged_values(tmp_path, f"{kind}/{name}")) == [0, 2, 4]
    for name in LAYERS[:3]:
        assert list(logged_values(tmp_path, f"activations/{name}")) == [0, 2, 4]
    buckets = logged_values(tmp_path, "weights/pooler")[0]  # left, right, count
    assert buckets.shape == (30, 3) and buckets[:, 2].sum() == len(before)
    assert buckets[0, 0] == pytest.approx(before.min()) and buckets[-1, 1] == pytest.approx(before.max())
    vectors = logged_values(tmp_path, "activations/encoder_block_1")[0]
    assert vectors[:, 2].sum() == (text_batch[0]["padding_mask"].sum()) * 4  # padding is left out
    assert logged_values(tmp_path, "weight_norm/pooler")[0] == pytest.approx(np.linalg.norm(before))
    assert logged_values(tmp_path, "gradient_norm/pooler")[0] > 0


@pytest.mark.slow_elsewhere
def test_the_update_ratio_is_that_of_the_step_in_the_middle(classifier, text_batch, logged_values, tmp_path):
    seen = []

    class Weights(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append([np.array(read_variable(w)) for w in layer_weights(self.model)["pooler"]])

    fit(classifier, text_batch, [Weights(), LayerStatistics(tmp_path)], epochs=1)
    after = [read_variable(w) for w in layer_weights(classifier)["pooler"]]
    norm = lambda arrays: np.linalg.norm(np.concatenate([a.ravel() for a in arrays]))  # noqa: E731
    expected = norm([new - old for new, old in zip(after, seen[1], strict=True)]) / norm(seen[1])
    assert list(logged_values(tmp_path, "update_ratio/pooler")) == [2]
    assert logged_values(tmp_path, "update_ratio/pooler")[2] == pytest.approx(expected, rel=1e-3)


def test_nothing_in_the_training_changes(small_classifier, text_batch, tmp_path):
    # Compiled on JAX: the state then lives outside the variables, in buffers that are given away at each step.
    run_eagerly = keras.config.backend() == "tensorflow"
    watched, plain = (small_classifier(run_eagerly=run_eagerly) for _ in range(2))
    histories = []
    for model, callbacks in (watched, [LayerStatistics(tmp_path, text_batch)]), (plain, []):
        keras.utils.set_random_seed(1)  # torch draws dropout from a generator that all models share
        histories.append(fit(model, text_batch, callbacks).history)
    assert histories[0] == histories[1]
    for ours, theirs in zip(watched.get_weights(), plain.get_weights(), strict=True):
        assert (ours == theirs).all()


def test_what_is_not_finite_is_counted_and_left_out(classifier, text_batch, logged_values, tmp_path, caplog):
    kernel = classifier.encoder.get_layer("pooler").weights[0]
    broken = np.array(read_variable(kernel))
    broken[0, 0] = np.nan
    kernel.assign(broken)
    callback = LayerStatistics(tmp_path)
    callback.set_model(classifier)
    with caplog.at_level(logging.WARNING):
        callback.on_train_begin()
    callback.on_train_end()
    assert "1 of 20 weights/pooler are not finite" in caplog.text
    assert logged_values(tmp_path, "weights/pooler")[0][:, 2].sum() == 19


def test_a_model_without_an_encoder_has_weights_and_gradients(logged_values, tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1, name="only")(inputs))
    model.compile("sgd", "mse", run_eagerly=True)
    batch = np.ones((2, 3), "float32"), np.ones((2, 1), "float32")
    model.fit(*batch, verbose=0, callbacks=[LayerStatistics(tmp_path, batch)])
    assert list(logged_values(tmp_path, "gradients/only")) == [0, 1]
    assert not logged_values(tmp_path, "activations/embeddings")
