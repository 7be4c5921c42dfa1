import keras
import numpy as np
import pytest

from bert_keras.training import TokenStatistics

pytestmark = pytest.mark.slow_elsewhere


@pytest.mark.slow_elsewhere
def test_logs_have_padding_and_tokens(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(16)
    history = small_pretrainer().fit(
        x, y, sample_weight=w, batch_size=8, epochs=2, verbose=0, validation_data=(x, y, w), validation_batch_size=4
    )
    assert history.history["padding_share"] == pytest.approx([0.25, 0.25])
    assert history.history["tokens_per_step"] == pytest.approx([36.0, 36.0])  # 8 rows of 6, a quarter is padding
    assert history.history["val_padding_share"] == pytest.approx([0.25, 0.25])
    assert history.history["val_tokens_per_step"] == pytest.approx([18.0, 18.0])


def test_a_long_batch_counts_for_more_in_the_padding_share(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(8)
    wide = {name: np.pad(value, ((0, 0), (0, 6))) if name != "mask_positions" else value for name, value in x.items()}
    batches = ((batch, y, w) for batch in (x, wide))
    logs = small_pretrainer().evaluate(batches, steps=2, return_dict=True, verbose=0)
    assert logs["padding_share"] == pytest.approx((12 + 60) / (48 + 96))


def test_packed_rows_number_their_tokens_from_one(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(8)
    logs = small_pretrainer().test_on_batch(
        x | {"padding_mask": x["padding_mask"] * 3}, y, sample_weight=w, return_dict=True
    )
    assert logs["padding_share"] == pytest.approx(0.25)


def test_the_weights_of_a_model_are_as_they_would_be_without(small_pretrainer, pretraining_batch, tmp_path):
    model = small_pretrainer()
    model.save_weights(tmp_path / "with.weights.h5")
    plain = keras.Model(model.input, model.output)
    plain.load_weights(tmp_path / "with.weights.h5")
    assert len(model.weights) == len(plain.weights)
    assert isinstance(model, TokenStatistics)


def test_a_model_with_it_is_saved_and_loaded(small_pretrainer, pretraining_batch, tmp_path):
    x, y, w = pretraining_batch()
    model = small_pretrainer()
    model.train_on_batch(x, y, sample_weight=w)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(x, y, sample_weight=w, verbose=0, return_dict=True) == pytest.approx(
        model.evaluate(x, y, sample_weight=w, verbose=0, return_dict=True), rel=1e-6
    )
