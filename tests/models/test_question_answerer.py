import keras
import numpy as np
import pytest

from bert_keras.models import QuestionAnswerer


def test_scores_every_token_twice_and_saves(make_encoder, rows, outputs_of, tmp_path):
    answerer = QuestionAnswerer(make_encoder(pooler=False))
    outputs = outputs_of(answerer, rows)
    assert {name: value.shape for name, value in outputs.items()} == {"start": (2, 6), "end": (2, 6)}
    answerer.save(tmp_path / "answerer.keras")
    loaded = outputs_of(keras.saving.load_model(tmp_path / "answerer.keras"), rows)
    np.testing.assert_array_equal(loaded["start"], outputs["start"])


@pytest.mark.slow_elsewhere
def test_a_preset_keeps_the_head(make_encoder, rows, outputs_of, tmp_path):
    answerer = QuestionAnswerer(make_encoder())
    answerer.save_to_preset(tmp_path)
    loaded = QuestionAnswerer.from_preset(tmp_path, dropout=0.0)
    assert (loaded.encoder.dropout, loaded.encoder.pooler) == (0.0, False)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    expected = outputs_of(answerer, rows)
    for name, value in outputs_of(loaded, rows).items():
        np.testing.assert_array_equal(value, expected[name])


@pytest.mark.slow_elsewhere
def test_a_new_head_is_reported(make_encoder, tmp_path):
    make_encoder(pooler=False).save_to_preset(tmp_path)
    assert QuestionAnswerer.from_preset(tmp_path).load_report.new == ("span_head/dense/kernel", "span_head/dense/bias")


@pytest.mark.slow
def test_learns_spans(make_encoder, rows):
    answerer = QuestionAnswerer(make_encoder(num_layers=1, pooler=False, dropout=0.0, kernel_initializer=None))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    answerer.compile(optimizer=keras.optimizers.Adam(0.01), loss={"start": loss, "end": loss})
    spans = {"start": np.array([1, 2], "int32"), "end": np.array([2, 3], "int32")}
    losses = answerer.fit(rows, spans, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
