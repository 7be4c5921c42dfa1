import json

import keras
import numpy as np
import pytest

from bert_keras.models import TextClassifier


@pytest.mark.parametrize("pooling", ["pooled", "first", "mean"])
def test_gives_one_logit_a_class_and_saves(make_encoder, rows, outputs_of, tmp_path, pooling):
    classifier = TextClassifier(make_encoder(), 3, labels=("a", "b", "c"), pooling=pooling)
    logits = outputs_of(classifier, rows)
    assert logits.shape == (2, 3)
    classifier.save(tmp_path / "classifier.keras")
    loaded = keras.saving.load_model(tmp_path / "classifier.keras")
    assert list(loaded.labels) == ["a", "b", "c"]
    np.testing.assert_array_equal(outputs_of(loaded, rows), logits)


@pytest.mark.slow_elsewhere
def test_the_mean_leaves_padding_out(make_encoder, rows, outputs_of):
    classifier = TextClassifier(make_encoder(), 2, pooling="mean")
    alone = {name: value[1:, :4] for name, value in rows.items()}
    np.testing.assert_allclose(outputs_of(classifier, rows)[1:], outputs_of(classifier, alone), atol=1e-5)


@pytest.mark.traced
def test_learns_classes(make_encoder, rows):
    classifier = TextClassifier(make_encoder(num_layers=1, dropout=0.0, kernel_initializer=None), 2, dropout=0.0)
    classifier.compile(
        optimizer=keras.optimizers.Adam(0.01), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    losses = classifier.fit(rows, np.array([0, 1]), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.traced
@pytest.mark.slow_elsewhere
def test_one_class_learns_a_number(make_encoder, rows):
    classifier = TextClassifier(make_encoder(num_layers=1, dropout=0.0, kernel_initializer=None), 1, dropout=0.0)
    classifier.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    losses = classifier.fit(rows, np.array([0.3, 2.0], "float32"), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]


def test_logits_are_float32_in_every_precision(make_encoder, rows):
    for pooling in ("pooled", "first", "mean"):
        logits = TextClassifier(make_encoder(num_layers=1, dtype="mixed_bfloat16"), 2, pooling=pooling)(rows)
        assert keras.backend.standardize_dtype(logits.dtype) == "float32"


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ("a", "b")}, "3 different labels"),
        ({"labels": ("a", "b", "b")}, "3 different labels"),
        ({"pooling": "max"}, "pooled, first, mean; received 'max'"),
        ({"problem_type": "ranking"}, "received 'ranking' with 3"),
        ({"problem_type": "regression"}, "received 'regression' with 3"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(make_encoder, options, message):
    with pytest.raises(ValueError, match=message):
        TextClassifier(make_encoder(), 3, **options)


@pytest.mark.slow_elsewhere
def test_pooled_needs_a_pooler(make_encoder):
    with pytest.raises(ValueError, match="needs an encoder with a pooler"):
        TextClassifier(make_encoder(pooler=False), 3)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("mode", "pooling"), [("mean_tokens", "mean"), ("cls_token", "first"), ("max_tokens", "pooled")]
)
def test_a_new_head_sees_what_a_sentence_encoder_was_trained_for(make_encoder, tmp_path, mode, pooling):
    make_encoder(num_layers=1).save_to_preset(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{mode}": True}))
    assert TextClassifier.from_preset(tmp_path, 2).pooling == pooling
    assert TextClassifier.from_preset(tmp_path, 2, pooling="first").pooling == "first"


@pytest.mark.slow_elsewhere
def test_a_trained_head_outweighs_how_the_encoder_was_trained(make_encoder, tmp_path):
    TextClassifier(make_encoder(), 2, pooling="first").save_to_preset(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean"}')
    assert TextClassifier.from_preset(tmp_path).pooling == "first"


@pytest.mark.slow_elsewhere
def test_a_preset_says_what_the_outputs_mean(make_encoder, rows, outputs_of, tmp_path):
    classifier = TextClassifier(
        make_encoder(), 3, labels=("a", "b", "c"), problem_type="multi_label_classification", threshold=0.3
    )
    classifier.save_to_preset(tmp_path)
    loaded = TextClassifier.from_preset(tmp_path)
    assert (loaded.problem_type, loaded.threshold) == ("multi_label_classification", 0.3)
    np.testing.assert_allclose(outputs_of(loaded, rows), outputs_of(classifier, rows), atol=1e-5)
    assert TextClassifier.from_preset(tmp_path, 2).problem_type == "single_label_classification"
    assert TextClassifier(make_encoder(), 1).problem_type == "regression"
    assert TextClassifier.from_config(classifier.get_config()).threshold == 0.3


def test_labels_are_given_from_the_threshold_on(make_encoder):
    logits = np.log(np.array([[0.3 / 0.7, 0.2 / 0.8]]))
    options = {"problem_type": "multi_label_classification"}
    assert TextClassifier(make_encoder(), 2, threshold=0.3 - 1e-9, **options).decode(logits) == [(0,)]
    assert TextClassifier(make_encoder(), 2, **options).decode(logits) == [()]
