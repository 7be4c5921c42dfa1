"""Rotary positions, local attention and gated feed-forwards in an encoder."""

import keras
import numpy as np
import pytest

from bert_keras.layers import AttentionMask, SelfAttention
from bert_keras.models import BertEncoder, change_positions

pytestmark = pytest.mark.slow_elsewhere  # JAX compiles each model for each length

MODERN = {
    "num_layers": 3,
    "max_sequence_length": 200,
    "num_segments": 0,
    "dropout": 0.0,
    "layer_norm_epsilon": 1e-5,
    "normalize_first": True,
    "first_norm": False,
    "use_bias": False,
    "gated": True,
    "rotary_theta": 160.0,
    "local_attention": 8,
    "local_rotary_theta": 10.0,
    "pooler": False,
}


@pytest.fixture
def outputs_of():
    """Function from a model and rows to its outputs as arrays; JAX compiles the model at once."""

    def run(model, rows):
        outputs = model.predict_on_batch(rows) if keras.config.backend() == "jax" else model(rows)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)

    return run


@pytest.fixture
def encoder(make_encoder):
    return make_encoder(**MODERN)


def rows_of(*sequences, length=None):
    """One row of sequences packed behind each other, and padding."""
    token_ids = sum(map(list, sequences), [])
    numbers = [number for number, sequence in enumerate(sequences, 1) for _ in sequence]
    padding = [0] * ((length or len(token_ids)) - len(token_ids))
    return {
        "token_ids": np.array([token_ids + padding], "int32"),
        "padding_mask": np.array([numbers + padding], "int32"),
    }


def tokens(length, seed=0):
    return np.random.default_rng(seed).integers(1, 30, length).tolist()


@pytest.mark.parametrize("lengths", [(5, 4, 3), (30, 9, 40)], ids=["whole rows", "blocks"])
def test_a_packed_row_gives_what_its_sequences_give_alone(encoder, outputs_of, lengths):
    sequences = [tokens(length, seed) for seed, length in enumerate(lengths)]
    packed = outputs_of(encoder, rows_of(*sequences, length=sum(lengths) + 2))["sequence_output"][0]
    start = 0
    for sequence in sequences:
        alone = outputs_of(encoder, rows_of(sequence))["sequence_output"][0]
        np.testing.assert_allclose(packed[start : start + len(sequence)], alone, atol=2e-5)
        start += len(sequence)


def test_there_are_no_biases_no_position_table_and_no_first_norm(encoder):
    names = [weight.path for weight in encoder.weights]
    assert not [name for name in names if name.endswith(("bias", "beta")) or "position" in name]
    assert encoder.encoder_blocks[0].attention_layer_norm is None
    assert encoder.encoder_blocks[1].attention_layer_norm is not None


def test_a_token_reaches_as_far_as_the_windows_of_its_blocks(make_encoder, outputs_of):
    encoder = make_encoder(**MODERN | {"num_layers": 1, "global_every": 1, "first_norm": True})
    local = make_encoder(**MODERN | {"num_layers": 2, "global_every": 2})
    first = tokens(50)
    second = [*first[:49], first[49] % 29 + 1]  # another last token
    for model, reaches in ((encoder, True), (local, False)):
        # The first block is global: what it brought everywhere is left out by looking at the second one alone.
        states = [
            outputs_of(model, rows_of(row)) if model is encoder else second_block(model, row) for row in (first, second)
        ]
        difference = abs(states[0]["sequence_output"] - states[1]["sequence_output"]).max(-1)[0]
        assert (difference[:45] > 1e-6).any() == reaches
        assert difference[45:].max() > 1e-4


def second_block(model, row):
    """What the local block makes of the tokens' own vectors."""
    inputs = rows_of(row)
    x = model.embeddings(inputs["token_ids"], padding_mask=inputs["padding_mask"])
    mask = model.attention_mask(inputs["padding_mask"])
    mask = model.get_layer("local_attention_mask")(mask, inputs["padding_mask"])
    positions = model.get_layer("local_rotary_positions")(inputs["padding_mask"])
    x = model.encoder_blocks[1](x, attention_mask=mask, rotary_positions=positions)
    return {"sequence_output": keras.ops.convert_to_numpy(x)}


def test_scores_are_those_of_the_window(encoder, outputs_of):
    rows = rows_of(tokens(30))
    plain, shown = outputs_of(encoder, rows), outputs_of(encoder.inspector(), rows)
    np.testing.assert_allclose(plain["sequence_output"], shown["sequence_output"], atol=1e-5)
    near = abs(np.arange(30)[:, None] - np.arange(30)) <= 4
    assert shown["attention_scores"][0][0, :, ~near].max() > 1e-4
    for scores in shown["attention_scores"][1:]:
        assert not scores[0, :, ~near].any() and scores[0, :, near].min() > 0


@pytest.mark.traced
def test_rows_of_unknown_length_give_the_same(encoder, outputs_of):
    rows = rows_of(tokens(12), tokens(3), length=16)  # as short as is computed in whole rows when the length is known
    expected = outputs_of(encoder, rows)["sequence_output"]
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        spec = {name: tf.TensorSpec((None, None), "int32") for name in rows}
        found = tf.function(encoder, input_signature=[spec])(rows)["sequence_output"].numpy()
    else:
        found = encoder.predict_on_batch(rows)["sequence_output"]
    np.testing.assert_allclose(found[:, :15], expected[:, :15], atol=1e-5)


@keras.saving.register_keras_serializable(package="tests")
class Watched(SelfAttention):
    """An attention of one's own that wants masks of whole rows."""

    def call(self, inputs, attention_mask, rotary_positions):
        assert len(attention_mask.shape) == 3
        return super().call(inputs, attention_mask, rotary_positions=rotary_positions)


@keras.saving.register_keras_serializable(package="tests")
class CausalMask(AttentionMask):
    """Nobody sees what comes later."""

    def call(self, padding_mask):
        both_ways = super().call(padding_mask)
        return keras.ops.logical_and(both_ways, keras.ops.tril(keras.ops.ones_like(both_ways)))


def test_an_attention_of_ones_own_gets_the_window_in_whole_rows(make_encoder, encoder, outputs_of):
    own = make_encoder(**MODERN, attention=Watched(8, 2, use_bias=False))
    own.set_weights(encoder.get_weights())
    rows = rows_of(tokens(40))
    expected, found = (outputs_of(model, rows)["sequence_output"] for model in (encoder, own))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_mask_of_ones_own_holds_within_the_window_too(make_encoder, outputs_of):
    encoder = make_encoder(**MODERN, attention_mask=CausalMask())
    first, second = tokens(40), tokens(30) + tokens(10, seed=1)
    before, after = (outputs_of(encoder, rows_of(row))["sequence_output"][0] for row in (first, second))
    np.testing.assert_allclose(before[:30], after[:30], atol=1e-5)


def test_it_comes_back_from_a_file(encoder, outputs_of, tmp_path):
    rows = rows_of(tokens(40))
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    assert {name: getattr(loaded, name) for name in MODERN} == MODERN
    np.testing.assert_array_equal(
        outputs_of(loaded, rows)["sequence_output"], outputs_of(encoder, rows)["sequence_output"]
    )


def test_longer_rows_need_no_new_weights(encoder, outputs_of):
    with pytest.raises(ValueError, match="at most 200 tokens a row"):
        encoder(rows_of(tokens(201)))
    longer = change_positions(encoder, 300)
    assert outputs_of(longer, rows_of(tokens(201)))["sequence_output"].shape == (1, 201, 8)
    assert longer.count_params() == encoder.count_params()


def test_half_precision_is_near(make_encoder, encoder, outputs_of):
    half = make_encoder(**MODERN, dtype="mixed_bfloat16")
    half.set_weights(encoder.get_weights())
    rows = rows_of(tokens(40))
    expected, found = (outputs_of(model, rows)["sequence_output"].astype("float32") for model in (encoder, half))
    assert abs(found - expected).mean() < 0.02 * abs(expected).max()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"global_every": 0}, "global_every of at least 1, received 0"),
        ({"local_attention": 0}, "window of at least 1 token, received 0"),
        ({"local_attention": None}, "local_rotary_theta needs rotary_theta and local_attention"),
        ({"normalize_first": False}, "attention_norm=False needs normalize_first=True"),
    ],
)
def test_numbers_that_make_no_encoder_are_refused(sizes, options, message):
    with pytest.raises(ValueError, match=message):
        BertEncoder(**sizes | MODERN | options)
