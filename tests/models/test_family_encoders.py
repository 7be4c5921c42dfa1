"""Encoders of other families than BERT: what their arguments are, and how they come back from files."""

import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.models import BertEncoder, change_positions, load_preset
from bert_keras.models.named_weights import named_weights

POSITIONS = "embeddings/position_embedding/embeddings"


def equal_weights(model, other):
    weights, others = named_weights(model), named_weights(other)
    assert list(weights) == list(others)
    return all(np.array_equal(weights[name], others[name]) for name in weights)


@pytest.fixture
def make(make_encoder):
    """Function that makes a small encoder of a family, with what all encoders of the family have."""
    return lambda family, **options: make_encoder(family=family, **FAMILIES[family].size_defaults | options)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("family", FAMILIES)
def test_an_encoder_of_any_family_comes_back_from_its_preset_and_its_config(make, tmp_path, family):
    encoder = make(family)
    encoder.save_to_preset(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    loaded = load_preset(tmp_path)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    assert equal_weights(encoder, loaded)
    for other in (loaded, BertEncoder.from_config(encoder.get_config())):
        for name in ("family", "position_offset", "max_sequence_length", "num_segments", "pooler"):
            assert getattr(other, name) == getattr(encoder, name)
        assert list(other.input) == list(encoder.input)


@pytest.mark.slow_elsewhere
def test_published_sizes_have_what_their_family_has():
    large = FAMILIES["roberta"].sizes["large"] | {"num_layers": 1}
    encoder = BertEncoder.from_size("large", vocabulary_size=9, family="roberta", num_layers=1)
    assert {name: getattr(encoder, name) for name in large} == large
    assert named_weights(encoder)[POSITIONS].shape == (514, 1024)
    assert (encoder.layer_norm_epsilon, list(encoder.input)) == (1e-5, ["token_ids", "padding_mask"])
    encoder = BertEncoder.from_size("base", vocabulary_size=9, family="distilbert", num_layers=1)
    assert (encoder.num_segments, encoder.pooler, FAMILIES["distilbert"].sizes["base"]["num_layers"]) == (0, False, 6)


@pytest.mark.slow_elsewhere
def test_what_no_table_has_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="family to be one of bert, roberta.*received 'deberta'"):
        BertEncoder(9, 1, 1, 4, 4, family="deberta")
    with pytest.raises(ValueError, match="No size of DistilBERT is called 'large'. Sizes: tiny, .*base"):
        BertEncoder.from_size("large", vocabulary_size=9, family="distilbert")


@pytest.mark.slow_elsewhere
def test_one_segment_is_no_input_and_is_refused_to_nobody(make_encoder, rows, outputs_of):
    encoder = make_encoder(num_segments=1)
    assert list(encoder.input) == ["token_ids", "padding_mask"]
    alone = {name: rows[name] for name in encoder.input}
    np.testing.assert_array_equal(
        outputs_of(encoder, rows)["sequence_output"], outputs_of(encoder, alone)["sequence_output"]
    )


def test_a_packed_row_of_robertas_has_what_its_sequences_have_alone(make, outputs_of):
    encoder = make("roberta")
    packed = {"token_ids": np.array([[5, 6, 7, 8, 9, 1]]), "padding_mask": np.array([[1, 1, 2, 2, 2, 0]])}
    alone = {"token_ids": np.array([[7, 8, 9, 1]]), "padding_mask": np.array([[1, 1, 1, 0]])}
    np.testing.assert_allclose(
        outputs_of(encoder, packed)["sequence_output"][0, 2:5],
        outputs_of(encoder, alone)["sequence_output"][0, :3],
        atol=1e-6,
    )


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("family", "options", "named"),
    [
        ("roberta", {"position_offset": 0}, "RoBERTa of transformers.*position_offset=0"),
        ("bert", {"position_offset": 2}, "BERT of transformers.*position_offset=2"),
        ("roberta", {"num_segments": 0}, "num_segments=0"),
        ("distilbert", {"num_segments": 2, "pooler": True}, "num_segments=2 and pooler=True"),
        ("distilbert", {"layer_norm_epsilon": 1e-5}, "layer_norm_epsilon=1e-05"),
    ],
)
def test_what_the_family_has_not_is_refused_by_its_format(make, tmp_path, family, options, named):
    with pytest.raises(ValueError, match=named):
        make(family, **options).save_to_preset(tmp_path, format="huggingface")


@pytest.mark.slow_elsewhere
def test_what_the_family_has_not_is_kept_in_a_file_that_we_alone_read(make, tmp_path):
    encoder = make("roberta", num_segments=0, num_layers=1)
    encoder.save_to_preset(tmp_path)
    loaded = load_preset(tmp_path)
    assert equal_weights(loaded, encoder)
    assert (loaded.family, loaded.position_offset) == ("roberta", 2)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("family", ["roberta", "distilbert"])
def test_googles_format_knows_bert_alone(make, tmp_path, family):
    with pytest.raises(ValueError, match=f"Google's TF1 release has no {FAMILIES[family].name}"):
        make(family).save_to_preset(tmp_path / "google", format="google")
    assert not (tmp_path / "google").exists()


@pytest.mark.slow_elsewhere
def test_more_positions_leave_the_rows_before_them_alone(make):
    encoder = make("roberta")
    old = np.array(named_weights(encoder)[POSITIONS])
    new = np.array(named_weights(change_positions(encoder, 14))[POSITIONS])
    np.testing.assert_array_equal(new[:12], old)
    np.testing.assert_array_equal(new[12:], old[2:6])
