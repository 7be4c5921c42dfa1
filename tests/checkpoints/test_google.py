import json

import numpy as np
import pytest

from bert_keras.checkpoints import GoogleCheckpoint, open_checkpoint, write_google
from bert_keras.checkpoints.encoder_shapes import encoder_shapes

tf = pytest.importorskip("tensorflow")

ARGUMENTS = {
    "vocabulary_size": 30,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "max_sequence_length": 16,
    "num_segments": 2,
    "family": "bert",
    "dropout": 0.1,
    "attention_dropout": 0.0,
    "activation": "gelu",
    "layer_norm_epsilon": 1e-12,
    "initializer_range": 0.02,
}
HEADS = {
    "masked_lm_head/transform/kernel": (8, 8),
    "masked_lm_head/transform/bias": (8,),
    "masked_lm_head/layer_norm/gamma": (8,),
    "masked_lm_head/layer_norm/beta": (8,),
    "masked_lm_head/bias": (30,),
    "sentence_pair_head/dense/kernel": (8, 2),
    "sentence_pair_head/dense/bias": (2,),
}


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    shapes = encoder_shapes(ARGUMENTS) | HEADS
    return {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}


@pytest.fixture
def release(tmp_path, arrays):
    """A directory as Google released them."""
    write_google(tmp_path, arrays, ARGUMENTS)
    return tmp_path


def test_variables_have_googles_names_and_lie_as_in_its_code(release, arrays):
    reader = tf.train.load_checkpoint(str(release / "bert_model.ckpt"))
    key = reader.get_tensor("bert/encoder/layer_1/attention/self/key/kernel")
    np.testing.assert_array_equal(key, arrays["encoder_block_1/attention/query_key_value/kernel"][:, 8:16])
    # run_pretraining.py multiplies with transpose_b=True
    pair = reader.get_tensor("cls/seq_relationship/output_weights")
    np.testing.assert_array_equal(pair, arrays["sentence_pair_head/dense/kernel"].T)
    assert json.loads((release / "bert_config.json").read_text()) == {
        "attention_probs_dropout_prob": 0.0, "bert_keras_activation": "gelu", "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "hidden_size": 8, "initializer_range": 0.02, "intermediate_size": 12,
        "max_position_embeddings": 16, "num_attention_heads": 2, "num_hidden_layers": 2, "type_vocab_size": 2,
        "vocab_size": 30,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", "bert_model.ckpt", "bert_model.ckpt.index"])
def test_writing_and_reading_are_inverse(release, arrays, name):
    checkpoint = open_checkpoint(release / name)
    again, report = checkpoint.read({name: array.shape for name, array in arrays.items()})
    assert report.new == report.unused == ()
    assert all(np.array_equal(again[name], array) for name, array in arrays.items())
    expected = {name: value for name, value in ARGUMENTS.items() if name != "initializer_range"}
    assert checkpoint.encoder_arguments == expected


def test_the_optimizers_state_is_left_alone(tmp_path, arrays, release):
    reader = tf.train.load_checkpoint(str(release / "bert_model.ckpt"))
    tensors = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    slots = {f"{name}/{slot}": value for name, value in tensors.items() for slot in ("adam_m", "adam_v")}
    tensors |= slots | {"global_step": np.array(7, "int64"), "extra": np.zeros(2, "float32")}
    tf.raw_ops.SaveV2(
        prefix=str(release / "bert_model.ckpt"), tensor_names=list(tensors), shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )  # fmt: skip
    _, report = GoogleCheckpoint(release).read({name: array.shape for name, array in arrays.items()})
    assert (report.new, report.unused) == ((), ("extra",))


def test_which_gelu_a_model_has_is_kept(tmp_path, arrays):
    write_google(tmp_path, arrays, ARGUMENTS | {"activation": "gelu_tanh"})
    fields = json.loads((tmp_path / "bert_config.json").read_text())
    assert fields["hidden_act"] == "gelu"
    assert GoogleCheckpoint(tmp_path).encoder_arguments["activation"] == "gelu_tanh"
    (tmp_path / "bert_config.json").write_text(json.dumps(fields | {"bert_keras_activation": "geglu"}))
    with pytest.raises(ValueError, match="bert_keras_activation is 'geglu'"):
        GoogleCheckpoint(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "silu"}, "activations gelu.* has 1e-12 and silu"),
        ({"layer_norm_epsilon": 1e-5}, "epsilon of 1e-12"),
    ],
)
def test_what_googles_code_cannot_compute_is_refused(tmp_path, arrays, changes, message):
    with pytest.raises(ValueError, match=message):
        write_google(tmp_path / "release", arrays, ARGUMENTS | changes)
    with pytest.raises(ValueError, match="no place for .'span/kernel'"):
        write_google(tmp_path / "release", arrays | {"span/kernel": arrays["masked_lm_head/bias"]}, ARGUMENTS)
    assert not (tmp_path / "release").exists()


@pytest.mark.parametrize("configs", [("bert_config.json", "config.json"), ("config.json",)], ids=["both", "one"])
def test_a_configuration_by_transformers_name_does_not_hide_a_checkpoint(tmp_path, configs):
    shapes = encoder_shapes(ARGUMENTS)
    write_google(tmp_path, {name: np.zeros(shape, "float32") for name, shape in shapes.items()}, ARGUMENTS)
    content = (tmp_path / "bert_config.json").read_bytes()
    (tmp_path / "bert_config.json").unlink()
    for name in configs:
        (tmp_path / name).write_bytes(content)
    checkpoint = open_checkpoint(tmp_path)
    assert isinstance(checkpoint, GoogleCheckpoint) and checkpoint.read(shapes)[1].new == ()
