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


def test_a_head_for_texts_is_no_head_for_tokens(make_encoder, tmp_path):
    from bert_keras.models import TextClassifier

    TextClassifier(make_encoder(), 3).save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="no token classification head: num_tags is needed"):
        TokenClassifier.from_preset(tmp_path)
    tagger = TokenClassifier.from_preset(tmp_path, num_tags=3)
    assert len(tagger.load_report.new) == 2
    assert "classifier.weight" in tagger.load_report.unused


def test_learns_tags(make_encoder, rows):
    tagger = TokenClassifier(make_encoder(pooler=False, dropout=0.0, kernel_initializer=None), 2, dropout=0.0)
    tagger.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=keras.config.backend() == "jax",  # elsewhere XLA takes longer to compile than the test to run
    )
    tags = (rows["token_ids"] > 8).astype("int32")
    losses = tagger.fit(rows, tags, sample_weight=rows["padding_mask"], epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_labels_that_do_not_fit_are_refused():
    encoder = BertEncoder(10, 1, 1, 4, 4, max_sequence_length=4)
    with pytest.raises(ValueError, match="3 different labels"):
        TokenClassifier(encoder, 3, labels=("O", "B"))
