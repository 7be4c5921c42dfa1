"""Layers that share their weights: one block, called as often as there are layers."""

import json

import keras
import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.models import BertEncoder, load_preset, warm_start
from bert_keras.models.named_weights import named_weights
from bert_keras.training import add_lora, layerwise_decay, merge_lora

SHARED = {"num_layers": 4, "num_layer_groups": 2, "layers_per_group": 2, "embedding_dim": 6}
CALLED = [0, 1, 0, 1, 2, 3, 2, 3]


@pytest.fixture
def encoder(make_encoder):
    """Four layers in two groups of two blocks: eight passes through four blocks."""
    return make_encoder(**SHARED)


@pytest.fixture
def unrolled(make_encoder, encoder):
    """The same passes through eight blocks of their own, with the same weights."""
    encoder_of_its_own = make_encoder(num_layers=8, embedding_dim=6)
    weights = named_weights(encoder)
    for name, variable in named_weights(encoder_of_its_own).items():
        layer, _, rest = name.partition("/")
        if layer.startswith("encoder_block_"):
            layer = f"encoder_block_{CALLED[int(layer.removeprefix('encoder_block_'))]}"
        variable.assign(weights[f"{layer}/{rest}"])
    return encoder_of_its_own


def test_a_shared_block_computes_what_copies_of_it_do(encoder, unrolled, rows):
    asked = {"return_hidden_states": True, "return_attention_scores": True}
    found, expected = encoder(rows, **asked), unrolled(rows, **asked)
    assert len(encoder.encoder_blocks) == 4
    assert len(found["hidden_states"]) == 9 and len(found["attention_scores"]) == 8
    keras.tree.map_structure(
        lambda one, other: np.testing.assert_allclose(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other), rtol=1e-5, atol=1e-5
        ),
        found,
        expected,
    )
    at = {"output_positions": np.array([[1, 2], [0, 3]], "int32")}
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(encoder(rows | at)["sequence_output"]),
        np.take_along_axis(
            keras.ops.convert_to_numpy(expected["sequence_output"]), at["output_positions"][..., None], axis=1
        ),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.slow_elsewhere
def test_shared_blocks_come_back_from_files(encoder, rows, outputs_of, tmp_path):
    expected = outputs_of(encoder, rows)
    encoder.save(tmp_path / "encoder.keras")
    encoder.save_to_preset(tmp_path / "own")  # BERT of transformers shares no layers
    assert (tmp_path / "own" / "model.keras").is_file()
    for loaded in (keras.saving.load_model(tmp_path / "encoder.keras"), load_preset(tmp_path / "own")):
        assert (loaded.num_layer_groups, loaded.layers_per_group) == (2, 2)
        np.testing.assert_allclose(outputs_of(loaded, rows)["sequence_output"], expected["sequence_output"], atol=1e-6)


@pytest.mark.slow_elsewhere
def test_a_shared_block_is_frozen_or_decayed_once_for_all_its_layers(encoder):
    assert layerwise_decay(encoder, 0.5) == {
        "embeddings": 0.5**5, "encoder_block_0": 0.5**4, "encoder_block_1": 0.5**3, "encoder_block_2": 0.5**2,
        "encoder_block_3": 0.5,
    }  # fmt: skip
    encoder.freeze_lowest(3)
    assert {name.split("/")[0] for name, weight in named_weights(encoder).items() if weight.trainable} == {
        "encoder_block_3", "pooler",
    }  # fmt: skip
    encoder.freeze_lowest(4)
    with pytest.raises(ValueError, match="Expected 0 to 4 blocks to freeze; received 5"):
        encoder.freeze_lowest(5)


@pytest.mark.slow_elsewhere
def test_more_blocks_to_freeze_than_layers_leave_free_are_refused(make_encoder):
    albert = make_encoder(num_layers=3, num_layer_groups=1)
    with pytest.raises(ValueError, match="0 to 1 blocks to freeze, for 3 layers share them; received 2"):
        albert.freeze_lowest(2)


@pytest.mark.slow
def test_a_shared_block_has_its_adapters_once(make_encoder, rows, outputs_of):
    encoder = make_encoder(num_layer_groups=1)
    num_weights = len(encoder.weights)
    add_lora(encoder, 2)
    assert len(encoder.weights) == num_weights + 4 * 2
    for weight in encoder.trainable_weights:
        weight.assign(weight + 0.1)
    expected = outputs_of(encoder, rows)["sequence_output"]
    merge_lora(encoder)
    assert len(encoder.weights) == num_weights
    np.testing.assert_allclose(outputs_of(encoder, rows)["sequence_output"], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("options", [{"num_layer_groups": 3}, {"num_layer_groups": 0}, {"layers_per_group": 0}])
def test_groups_that_cannot_be_equally_large_are_refused(make_encoder, options):
    with pytest.raises(ValueError, match="num_layer_groups must divide num_layers.*num_layers=2"):
        make_encoder(**options)


@pytest.mark.slow_elsewhere
def test_a_start_that_only_the_first_layer_may_have_is_refused(make_encoder):
    with pytest.raises(ValueError, match="num_layer_groups=1 others would do as it does"):
        warm_start(make_encoder(num_layer_groups=1), np.ones((30, 8)))


@pytest.mark.slow_elsewhere
def test_alberts_sizes_are_the_published_ones():
    base = BertEncoder.from_size("base", vocabulary_size=30000, family="albert")
    assert base.count_params() == 11_683_584  # of albert-base-v2
    assert (base.num_layers, len(base.encoder_blocks), base.activation.__name__) == (12, 1, "gelu_tanh")
    small = BertEncoder.from_size("small", vocabulary_size=30522, family="electra")
    assert small.count_params() == 13_483_008  # of electra-small-discriminator without its head


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"num_hidden_groups": 3}, "num_hidden_groups is 3, which does not divide the 4 of num_hidden_layers"),
        ({"num_hidden_groups": 0}, "num_hidden_groups must be a whole number above 0"),
        ({"num_hidden_layers": 2048}, "num_hidden_layers is 2048; supported: up to 1024 that share weights"),
        ({"num_hidden_layers": 400, "num_hidden_groups": 400}, "too few for the 400 layers"),
        ({"inner_group_num": 2}, "encoder_block_1/.*, as every ALBERT does"),
        ({"embedding_size": 7}, r"token_embedding/embeddings must have the shape \(30, 7\)"),
    ],
)
def test_a_configuration_that_does_not_fit_alberts_tensors_is_refused(make_encoder, tmp_path, changes, named):
    albert = make_encoder(family="albert", num_layers=4, **FAMILIES["albert"].size_defaults | {"embedding_dim": 6})
    albert.save_to_preset(tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(fields | changes))
    with pytest.raises(ValueError, match=named):
        load_preset(tmp_path)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("family", ["albert", "electra"])
def test_a_projection_that_is_missing_is_named(make_encoder, tmp_path, family):
    options = FAMILIES[family].size_defaults | {"embedding_dim": 6}
    make_encoder(family=family, **options).save_to_preset(tmp_path)
    file = tmp_path / "model.safetensors"
    name = FAMILIES[family].embeddings[-1].huggingface.encode()
    file.write_bytes(file.read_bytes().replace(name, name[:-1] + b"_"))
    with pytest.raises(ValueError, match="no weight embeddings/projection/.*, as every"):
        load_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_embeddings_as_wide_as_the_encoder_are_projected_in_albert_alone(make_encoder, tmp_path):
    for family, width in (("albert", 8), ("electra", None)):
        options = FAMILIES[family].size_defaults | {"embedding_dim": width}
        make_encoder(family=family, **options).save_to_preset(tmp_path / family)
        assert json.loads((tmp_path / family / "config.json").read_text())["embedding_size"] == 8
        loaded = load_preset(tmp_path / family)
        assert loaded.embedding_dim == width and loaded.load_report.new == loaded.load_report.unused == ()
    with pytest.raises(ValueError, match="ALBERT of transformers has no form of an encoder with embedding_dim=None"):
        make_encoder(family="albert", num_layer_groups=1).save_to_preset(tmp_path / "no", format="huggingface")
