import json

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, TokenClassifier


def test_gives_one_logit_a_tag_at_every_token_and_saves(make_encoder, rows, outputs_of, tmp_path):
    tagger = TokenClassifier(make_encoder(pooler=False), 3, labels=("O", "B", "I"))
    logits = outputs_of(tagger, rows)
    assert logits.shape == (2, 6, 3)
    tagger.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    assert loaded.labels == ["O", "B", "I"]
    np.testing.assert_array_equal(outputs_of(loaded, rows), logits)


@pytest.mark.slow_elsewhere
def test_a_preset_keeps_the_head_and_its_labels(make_encoder, rows, outputs_of, tmp_path):
    tagger = TokenClassifier(make_encoder(), 3, labels=("O", "B", "I"), dropout=0.25)
    tagger.save_to_preset(tmp_path)
    loaded = TokenClassifier.from_preset(tmp_path)
    assert (loaded.labels, loaded.dropout, loaded.encoder.pooler) == (["O", "B", "I"], 0.25, False)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    np.testing.assert_array_equal(outputs_of(loaded, rows), outputs_of(tagger, rows))
    with pytest.raises(ValueError, match="trained for the labels"):
        TokenClassifier.from_preset(tmp_path, labels=("O", "I", "B"))
    other = TokenClassifier.from_preset(tmp_path, labels=("A", "B", "C", "D"))
    assert other.num_tags == 4
    assert other.load_report.new == ("token_classification_head/dense/kernel", "token_classification_head/dense/bias")


@pytest.mark.slow_elsewhere
def test_a_new_head_has_neither_the_scheme_nor_the_crf_of_the_presets(make_encoder, tmp_path):
    TokenClassifier(make_encoder(), 3, labels=("O", "B-X", "I-X"), scheme="BIO", head="crf").save_to_preset(tmp_path)
    other = TokenClassifier.from_preset(tmp_path, labels=("NOUN", "VERB", "ADV", "X"))
    assert (other.head, other.scheme) == ("linear", None)
    same = TokenClassifier.from_preset(tmp_path)
    assert (same.head, same.scheme) == ("crf", "BIO")


@pytest.mark.slow_elsewhere
def test_what_words_a_head_learned_is_kept_and_told_for_heads_that_do_not_say(make_encoder, tmp_path, caplog):
    tagger = TokenClassifier(make_encoder(), 3, labels=("O", "B-X", "I-X"), scheme="BIO")
    tagger.save_to_preset(tmp_path)
    tagger.save(tmp_path / "tagger.keras")
    assert (
        TokenClassifier.from_preset(tmp_path).words
        == "basic"
        == keras.saving.load_model(tmp_path / "tagger.keras").words
    )
    assert not caplog.text
    fields = json.loads((tmp_path / "config.json").read_text())
    del fields["bert_keras"]["words"]  # as older versions and transformers write it
    (tmp_path / "config.json").write_text(json.dumps(fields))
    assert TokenClassifier.from_preset(tmp_path).words == "file"
    assert "does not say which words it was trained on" in caplog.text
    assert TokenClassifier.from_preset(tmp_path, words="basic").words == "basic"
    assert TokenClassifier.from_preset(tmp_path, num_tags=5).words == "basic"  # a new head
    config = tagger.get_config()
    del config["words"]
    assert TokenClassifier.from_config(config).words == "file"


@pytest.mark.slow_elsewhere
def test_weights_may_be_whole_numbers(make_encoder, rows, untraced):
    tagger = TokenClassifier(make_encoder(num_layers=1, pooler=False), 3)
    tagger.compile("adam", **untraced)
    tags, weights = np.zeros((2, 6), "int32"), np.ones((2, 6), "int64")
    assert np.isfinite(tagger.train_on_batch(rows, tags, weights)).all()


def test_weights_of_whole_rows_are_refused(make_encoder, rows, untraced):
    tagger = TokenClassifier(make_encoder(num_layers=1, pooler=False), 3)
    tagger.compile("adam", **untraced)
    with pytest.raises(ValueError, match=r"for each token, \(batch, length\).* received the shape \((2|None),\)"):
        tagger.train_on_batch(rows, np.zeros((2, 6), "int32"), np.ones(2, "float32"))


@pytest.mark.slow_elsewhere
def test_a_head_for_texts_is_no_head_for_tokens(make_encoder, tmp_path):
    from bert_keras.models import TextClassifier

    TextClassifier(make_encoder(), 3).save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="no token classification head: num_tags is needed"):
        TokenClassifier.from_preset(tmp_path)
    tagger = TokenClassifier.from_preset(tmp_path, num_tags=3)
    assert len(tagger.load_report.new) == 2
    assert "classifier.weight" in tagger.load_report.unused


@pytest.mark.traced
def test_learns_tags(make_encoder, rows):
    encoder = make_encoder(num_layers=1, pooler=False, dropout=0.0, kernel_initializer=None)
    tagger = TokenClassifier(encoder, 2, dropout=0.0)
    tagger.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=keras.config.backend() == "jax",  # elsewhere XLA takes longer to compile than the test to run
    )
    tags = (rows["token_ids"] > 8).astype("int32")
    losses = tagger.fit(rows, tags, sample_weight=rows["padding_mask"], epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.slow_elsewhere
def test_labels_that_do_not_fit_are_refused():
    encoder = BertEncoder(10, 1, 1, 4, 4, max_sequence_length=4)
    with pytest.raises(ValueError, match="3 different labels"):
        TokenClassifier(encoder, 3, labels=("O", "B"))


NAMES = ("O", "B-a", "I-a")


def randomize(tagger):
    """Steps that matter."""
    for weight in tagger.get_layer("crf").weights:
        weight.assign(np.random.default_rng(0).normal(size=weight.shape) / 30)


@pytest.mark.slow_elsewhere
def test_a_crf_decodes_by_the_rules_of_its_scheme_and_is_saved(make_encoder, rows, outputs_of, tmp_path):
    tagger = TokenClassifier(make_encoder(pooler=False), 3, labels=NAMES, head="crf", scheme="BIO")
    randomize(tagger)
    mask = rows["padding_mask"] != 0
    logits = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32") + np.array([0, 0, 2], "float32")
    tags = keras.ops.convert_to_numpy(tagger.decode(logits, mask))
    assert (logits.argmax(-1) == 2).any(axis=1).all() and not (tags[:, 0] == 2).any() and not tags[~mask].any()
    tagger.save(tmp_path / "tagger.keras")
    tagger.save_to_preset(tmp_path)
    for loaded in (keras.saving.load_model(tmp_path / "tagger.keras"), TokenClassifier.from_preset(tmp_path)):
        assert (loaded.head, loaded.scheme) == ("crf", "BIO")
        np.testing.assert_array_equal(outputs_of(loaded, rows), outputs_of(tagger, rows))
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(loaded.decode(logits, mask)), tags)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    linear = TokenClassifier.from_preset(tmp_path, head="linear")
    assert set(linear.load_report.unused) == {"crf.transitions", "crf.start_transitions", "crf.end_transitions"}
    linear.save_to_preset(tmp_path / "linear")
    again = TokenClassifier.from_preset(tmp_path / "linear", head="crf")
    assert again.load_report.new == ("crf/transitions", "crf/start_transitions", "crf/end_transitions")


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_the_head_brings_its_loss(make_encoder, rows, outputs_of, untraced, head):
    tagger = TokenClassifier(make_encoder(num_layers=1, pooler=False, dropout=0.0), 3, head=head, dropout=0.0)
    if head == "crf":
        randomize(tagger)
    tagger.compile(weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")], **untraced)
    tags = (rows["token_ids"] % 3).astype("int32")
    weights = np.array([[0, 1, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0]], "float32")
    logs = tagger.evaluate(rows, tags, sample_weight=weights, return_dict=True, verbose=0)
    logits = outputs_of(tagger, rows)
    if head == "crf":
        expected = -keras.ops.sum(tagger.get_layer("crf").log_likelihood(logits, tags, weights > 0))
    else:
        losses = keras.losses.sparse_categorical_crossentropy(tags, logits, from_logits=True)
        expected = (keras.ops.convert_to_numpy(losses) * weights).sum()
    assert logs["loss"] == pytest.approx(float(keras.ops.convert_to_numpy(expected)) / 4, rel=1e-5)
    decoded = keras.ops.convert_to_numpy(tagger.decode(logits, weights > 0))
    assert logs["accuracy"] == pytest.approx((decoded == tags)[weights > 0].mean())


@pytest.mark.slow
def test_a_crf_is_trained_by_fit(make_encoder, rows):
    tagger = TokenClassifier(
        make_encoder(pooler=False, dropout=0.0, kernel_initializer=None), 2, head="crf", dropout=0.0
    )
    tagger.compile(optimizer=keras.optimizers.Adam(0.005), jit_compile=keras.config.backend() == "jax")
    tags = (rows["token_ids"] > 8).astype("int32")
    losses = tagger.fit(rows, tags, sample_weight=rows["padding_mask"], epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.slow_elsewhere
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="XLA on TensorFlow")
def test_a_crf_is_not_compiled_by_xla_on_tensorflow(make_encoder, rows):
    tagger = TokenClassifier(make_encoder(num_layers=1, pooler=False), 3, head="crf")
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        tagger.compile("adam", jit_compile=True)
    assert np.isfinite(tagger.train_on_batch(rows, np.zeros((2, 6), "int32"), np.ones((2, 6)))).all()


@pytest.mark.slow_elsewhere
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="tf.distribute")
@pytest.mark.parametrize("head", ["linear", "crf"])
def test_on_replicas_of_tensorflow_the_loss_is_divided_among_them(make_encoder, rows, monkeypatch, head):
    tagger = TokenClassifier(make_encoder(pooler=False), 3, head=head)
    tagger.compile("adam")
    tags, logits = np.zeros((2, 6), "int32"), np.ones((2, 6, 3), "float32")
    alone = float(tagger.compute_loss(rows, tags, logits))
    # What Keras asks TensorFlow's strategy for, which is that of one device.
    monkeypatch.setattr(tagger, "_aggregate_additional_loss", lambda loss: loss / 2)
    assert float(tagger.compute_loss(rows, tags, logits)) == pytest.approx(alone / 2)


@pytest.mark.slow_elsewhere
def test_a_crf_refuses_another_loss(make_encoder):
    tagger = TokenClassifier(make_encoder(pooler=False), 2, head="crf")
    with pytest.raises(ValueError, match="a CRF brings its own loss"):
        tagger.compile(loss="mse")


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "memm"}, "one of linear, crf; received 'memm'"),
        ({"scheme": "BILU"}, "received 'BILU'"),
        ({"words": "given"}, "one of basic, file, received 'given'"),
        ({"scheme": "BIO", "labels": ("O", "B-a", "E-a")}, "tag 'E-a' is neither O nor"),
    ],
)
def test_heads_and_schemes_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        TokenClassifier(BertEncoder(10, 1, 1, 4, 4, max_sequence_length=4), 3, **options)
