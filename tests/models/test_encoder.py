import pathlib
import sys
import types

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import SIZES, BertEncoder

OLDER = pathlib.Path(__file__).parents[1] / "golden" / "older_encoder"


@pytest.fixture
def check_backbone():
    """`run_backbone_test` of KerasHub: config, lengths, predict, every dtype policy, quantization."""
    # KerasHub's test case imports grain for its data loaders alone.
    sys.modules.setdefault("grain", types.ModuleType("grain"))
    from keras_hub.src.tests.test_case import TestCase

    case = TestCase("run_backbone_test")
    case.setUp()
    yield case.run_backbone_test
    case.tearDown()
    case.doCleanups()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"normalize_first": True, "embedding_dim": 4, "dropout": 0.0}], ids=["plain", "varied"]
)
def test_keras_hubs_own_checks(check_backbone, sizes, rows, options):
    check_backbone(
        BertEncoder,
        sizes | options,
        {name: ops.convert_to_tensor(value) for name, value in rows.items()},
        expected_output_shape={"sequence_output": (2, 6, 8), "pooled_output": (2, 8)},
    )


def test_padding_changes_nothing_for_the_tokens(make_encoder, rows, outputs_of):
    encoder = make_encoder()
    padded = outputs_of(encoder, rows)
    alone = outputs_of(encoder, {name: value[1:, :4] for name, value in rows.items()})
    np.testing.assert_allclose(padded["sequence_output"][1:, :4], alone["sequence_output"], atol=1e-5)
    np.testing.assert_allclose(padded["pooled_output"][1:], alone["pooled_output"], atol=1e-5)


@pytest.mark.parametrize("normalize_first", [False, True])
def test_a_packed_row_gives_what_its_sequences_give_alone(make_encoder, outputs_of, normalize_first):
    encoder = make_encoder(normalize_first=normalize_first)
    sequences = [[2, 7, 8, 3], [2, 9, 3], [2, 3]]
    packed = {
        "token_ids": np.array([sum(sequences, []) + [0]], "int32"),
        "segment_ids": np.zeros((1, 10), "int32"),
        "padding_mask": np.array([[1, 1, 1, 1, 2, 2, 2, 3, 3, 0]], "int32"),
    }
    together = outputs_of(encoder, packed)["sequence_output"][0]
    start = 0
    for sequence in sequences:
        token_ids = np.array([sequence], "int32")
        row = {"token_ids": token_ids, "segment_ids": 0 * token_ids, "padding_mask": 0 * token_ids + 1}
        alone = outputs_of(encoder, row)["sequence_output"][0]
        np.testing.assert_allclose(together[start : start + len(sequence)], alone, atol=1e-5)
        start += len(sequence)


def test_every_weight_has_numbers_of_its_own():
    encoder = BertEncoder.from_size("tiny", vocabulary_size=30)
    first, second = (ops.convert_to_numpy(block.feed_forward.intermediate.kernel) for block in encoder.encoder_blocks)
    assert 0.015 < first.std() < 0.02
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


@pytest.mark.slow_elsewhere
def test_published_sizes_by_name():
    assert list(SIZES) == ["tiny", "mini", "small", "medium", "base", "large"]
    encoder = BertEncoder.from_size("mini", vocabulary_size=30, num_layers=1)
    assert (encoder.num_layers, encoder.num_heads, encoder.hidden_dim, encoder.intermediate_dim) == (1, 4, 256, 1024)
    with pytest.raises(ValueError, match="called 'huge'. Sizes: tiny, mini"):
        BertEncoder.from_size("huge", vocabulary_size=30)


@pytest.mark.slow_elsewhere
def test_bert_tiny_has_the_published_number_of_weights():
    assert BertEncoder.from_size("tiny", vocabulary_size=30522).count_params() == 4_385_920


@pytest.mark.slow_elsewhere
def test_the_summary_names_the_parts(make_encoder):
    lines = []
    make_encoder().summary(print_fn=lines.append)
    text = "\n".join(lines)
    for name in ("embeddings", "attention_mask", "encoder_block_0", "encoder_block_1", "pooler"):
        assert name in text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"normalize_first": True, "embedding_dim": 4, "attention_dropout": 0.2, "activation": "gelu_tanh"},
        {"num_segments": 0, "pooler": False, "token_initializer": "ones", "dtype": "mixed_bfloat16"},
    ],
    ids=["plain", "pre-norm, factorised", "no segments, no pooler, bfloat16"],
)
def test_saves_and_loads_bit_equal(make_encoder, rows, outputs_of, tmp_path, options):
    encoder = make_encoder(**options)
    if not encoder.num_segments:
        del rows["segment_ids"]
    expected = outputs_of(encoder, rows)
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    assert isinstance(loaded, BertEncoder)
    assert loaded.get_config() == encoder.get_config()
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, rows), expected)

    encoder.save_weights(tmp_path / "encoder.weights.h5")
    other = BertEncoder.from_config(encoder.get_config())
    other.load_weights(tmp_path / "encoder.weights.h5")
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(other, rows), expected)


@pytest.mark.slow_elsewhere
def test_what_a_batch_has_besides_is_left_alone(make_encoder, rows, pretraining_rows, outputs_of):
    encoder = make_encoder()
    keras.tree.map_structure(
        np.testing.assert_array_equal, outputs_of(encoder, pretraining_rows), outputs_of(encoder, rows)
    )
    without_segments = make_encoder(num_segments=0)
    assert outputs_of(without_segments, rows)["pooled_output"].shape == (2, 8)
    with pytest.raises(ValueError, match="segment_ids"):
        encoder({name: value for name, value in rows.items() if name != "segment_ids"})


def test_a_row_that_is_too_long_is_refused_at_call_and_in_predict(make_encoder):
    token_ids = np.ones((1, 11), "int32")
    batch = {"token_ids": token_ids, "segment_ids": 0 * token_ids, "padding_mask": token_ids}
    encoder = make_encoder()
    with pytest.raises(ValueError, match="at most 10 tokens.*received 11"):
        encoder(batch)
    with pytest.raises(ValueError, match="at most 10 tokens.*received 11"):
        encoder.predict(batch, verbose=0)


def test_the_inspector_shows_the_inside_of_the_same_weights(make_encoder, rows, outputs_of):
    encoder = make_encoder()
    inside = outputs_of(encoder.inspector(), rows)
    expected = outputs_of(encoder, rows)
    np.testing.assert_allclose(inside["sequence_output"], expected["sequence_output"], atol=1e-5)
    np.testing.assert_allclose(inside["pooled_output"], expected["pooled_output"], atol=1e-5)
    assert [state.shape for state in inside["hidden_states"]] == [(2, 6, 8)] * 3
    np.testing.assert_array_equal(inside["hidden_states"][-1], inside["sequence_output"])
    assert [scores.shape for scores in inside["attention_scores"]] == [(2, 2, 6, 6)] * 2
    assert not inside["attention_scores"][0][1, :, :, 4:].any()  # nobody looks at padding
    encoder.get_layer("pooler").dense.kernel.assign(np.zeros((8, 8)))
    assert not outputs_of(encoder.inspector(attention_scores=False), rows)["pooled_output"].any()


def test_a_call_shows_what_the_inspector_shows_and_only_when_asked(make_encoder, rows, outputs_of):
    encoder = make_encoder()
    inside = outputs_of(encoder.inspector(), rows)
    asked = encoder(rows, return_hidden_states=True, return_attention_scores=True)
    keras.tree.map_structure(
        np.testing.assert_array_equal, keras.tree.map_structure(ops.convert_to_numpy, asked), inside
    )
    assert set(encoder(rows)) == {"sequence_output", "pooled_output"}
    assert set(encoder(rows, return_hidden_states=True)) == {"sequence_output", "pooled_output", "hidden_states"}
    few = encoder(rows | {"output_positions": np.zeros((2, 1), "int32")}, return_hidden_states=True)
    assert [state.shape[1] for state in few["hidden_states"]] == [6, 6, 1]


@pytest.mark.slow_elsewhere
def test_the_inspector_predicts_what_it_shows_and_has_no_weights_of_its_own(make_encoder, rows, outputs_of):
    encoder = make_encoder(normalize_first=True)
    inspector = encoder.inspector()
    keras.tree.map_structure(
        lambda got, expected: np.testing.assert_allclose(got, expected, atol=1e-5),
        inspector.predict(rows | {"mask_positions": rows["token_ids"]}, verbose=0),
        outputs_of(inspector, rows),
    )
    assert [id(weight) for weight in inspector.weights] == [id(weight) for weight in encoder.weights]
    lowest = keras.Model(inspector.input, inspector.output["hidden_states"][1])
    np.testing.assert_array_equal(outputs_of(lowest, rows), outputs_of(inspector, rows)["hidden_states"][1])


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("name", ["plain", "varied"])
def test_a_file_of_the_first_release_computes_what_it_did(outputs_of, name):
    expected = dict(np.load(OLDER / f"{name}.npz"))
    encoder = keras.saving.load_model(OLDER / f"{name}.keras")
    rows = {key: expected[key] for key in encoder.input}
    assert [weight.path for weight in encoder.weights] == expected["weights"].tolist()
    outputs = outputs_of(encoder.inspector(), rows)
    few = outputs_of(encoder, rows | {"output_positions": expected["positions"]})
    outputs |= {f"few/{key}": value for key, value in few.items()}
    assert not set(outputs) - set(expected)
    for key, value in outputs.items():
        np.testing.assert_allclose(np.stack(value), expected[key], atol=1e-5, err_msg=key)


@pytest.mark.slow_elsewhere
def test_parts_draw_their_seeds_before_the_pooler(make_encoder):
    @keras.saving.register_keras_serializable(package="tests")
    class DrawsWhenBuilt(keras.layers.Layer):
        def build(self, inputs_shape):
            self.scale = self.add_weight(shape=(inputs_shape[-1],), initializer="random_normal")

        def call(self, inputs):
            return self.scale * inputs

    with_pooler, without = (make_encoder(feed_forward=DrawsWhenBuilt(), pooler=pooler) for pooler in (True, False))
    for weight, expected in zip(with_pooler.weights[: len(without.weights)], without.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight), ops.convert_to_numpy(expected))


def test_freezing_the_lowest_blocks(make_encoder):
    encoder = make_encoder(num_layers=3)
    encoder.freeze_lowest(2)
    assert {weight.path.split("/")[0] for weight in encoder.trainable_weights} == {"encoder_block_2", "pooler"}
    encoder.freeze_lowest(0)
    assert {weight.path.split("/")[0] for weight in encoder.non_trainable_weights} == {"embeddings"}
    encoder.trainable = False
    assert not encoder.trainable_weights
    with pytest.raises(ValueError, match="0 to 3 blocks"):
        encoder.freeze_lowest(4)


def test_half_precision_keeps_the_weights_whole(make_encoder, rows):
    encoder = make_encoder(dtype="mixed_bfloat16")
    assert {weight.dtype for weight in encoder.weights} == {"float32"}
    outputs = encoder(rows)
    assert keras.backend.standardize_dtype(outputs["sequence_output"].dtype) == "bfloat16"


@pytest.mark.slow_elsewhere
def test_rows_beyond_the_table_of_positions_are_told_before_they_come(make_encoder):
    encoder = make_encoder(max_sequence_length=12)
    encoder.expect_room_for(12)
    with pytest.raises(
        ValueError, match="sequence_length of at most 12, the encoder's number of positions, received 13"
    ):
        encoder.expect_room_for(13)
