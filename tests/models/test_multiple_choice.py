import keras
import numpy as np
import pytest

from bert_keras.models import MultipleChoice


@pytest.fixture
def choices(rows):
    """Two examples of three choices each, six tokens long."""
    rng = np.random.default_rng(0)
    token_ids = rng.integers(5, 30, (2, 3, 6)).astype("int32")
    padding_mask = (np.arange(6) < rng.integers(3, 7, (2, 3, 1))).astype("int32")
    return {"token_ids": token_ids * padding_mask, "segment_ids": 0 * token_ids, "padding_mask": padding_mask}


@pytest.mark.slow_elsewhere
def test_gives_one_logit_a_choice_and_saves(make_encoder, choices, outputs_of, tmp_path):
    chooser = MultipleChoice(make_encoder())
    logits = outputs_of(chooser, choices)
    assert logits.shape == (2, 3)
    chooser.save(tmp_path / "chooser.keras")
    np.testing.assert_array_equal(outputs_of(keras.saving.load_model(tmp_path / "chooser.keras"), choices), logits)


def test_a_choice_is_scored_by_itself(make_encoder, choices, outputs_of):
    chooser = MultipleChoice(make_encoder())
    alone = {name: value[1:, 2:] for name, value in choices.items()}
    np.testing.assert_allclose(outputs_of(chooser, alone), outputs_of(chooser, choices)[1:, 2:], atol=1e-5)


@pytest.mark.slow_elsewhere
def test_a_preset_keeps_the_head(make_encoder, choices, outputs_of, tmp_path):
    chooser = MultipleChoice(make_encoder(), dropout=0.25)
    chooser.save_to_preset(tmp_path)
    loaded = MultipleChoice.from_preset(tmp_path)
    assert (loaded.dropout, loaded.encoder.dropout) == (0.25, 0.1)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    np.testing.assert_array_equal(outputs_of(loaded, choices), outputs_of(chooser, choices))


@pytest.mark.slow
def test_learns_the_right_choice(make_encoder, choices):
    chooser = MultipleChoice(make_encoder(num_layers=1, dropout=0.0, kernel_initializer=None), dropout=0.0)
    chooser.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    losses = chooser.fit(choices, np.array([0, 2]), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.slow_elsewhere
def test_needs_a_pooler(make_encoder):
    with pytest.raises(ValueError, match="needs an encoder with a pooler"):
        MultipleChoice(make_encoder(pooler=False))
