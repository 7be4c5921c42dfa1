import json

import pytest

from bert_keras.checkpoints.huggingface_config import HuggingFaceConfig, config_fields

FIELDS = {
    "vocab_size": 30,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
}


@pytest.fixture
def config_with(tmp_path):
    """Function that reads a config with some fields changed; None leaves one out."""

    def make(**changes):
        fields = {name: value for name, value in (FIELDS | changes).items() if value is not None}
        (tmp_path / "config.json").write_text(json.dumps(fields))
        return HuggingFaceConfig(tmp_path / "config.json")

    return make


def test_fields_become_arguments(config_with):
    assert config_with(hidden_dropout_prob=0, hidden_act="gelu_new", layer_norm_eps=1e-5).encoder_arguments == {
        "family": "bert",
        "vocabulary_size": 30,
        "num_layers": 2,
        "num_heads": 3,
        "hidden_dim": 12,
        "intermediate_dim": 20,
        "max_sequence_length": 16,
        "num_segments": 2,
        "dropout": 0.0,
        "attention_dropout": 0.1,
        "layer_norm_epsilon": 1e-5,
        "activation": "gelu_tanh",
    }


def test_what_does_not_change_the_model_is_left_alone(config_with):
    config = config_with(output_past=True, use_cache=False, transformers_version="2.0", directionality="bidi")
    assert config.encoder_arguments == config_with().encoder_arguments


def test_another_spread_of_initial_weights_is_kept(config_with):
    initializer = config_with(initializer_range=0.05).encoder_arguments["kernel_initializer"]
    assert initializer == {"class_name": "TruncatedNormal", "config": {"stddev": 0.05}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "deberta"}, "model_type is 'deberta'; supported: bert, roberta"),
        ({"model_type": "mpnet"}, "model_type is 'mpnet'; supported: bert, roberta"),
        ({"model_type": ["bert"]}, "model_type is \\['bert'\\]; supported"),
        ({"model_type": "roberta", "position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"model_type": "roberta", "pad_token_id": -1}, "pad_token_id must be a whole number, not -1"),
        ({"model_type": "roberta", "pad_token_id": 15}, "leaves no position behind those of pad_token_id"),
        ({"model_type": "distilbert"}, "n_layers is missing"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
        ({"is_decoder": True}, "is_decoder is True"),
        ({"add_cross_attention": True}, "add_cross_attention"),
        ({"pruned_heads": {"0": [1]}}, "pruned_heads"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"problem_type": "ranking"}, "problem_type"),
        ({"hidden_act": "geglu"}, "hidden_act is 'geglu'; supported: gelu"),
        ({"hidden_act": ["gelu"]}, "hidden_act is \\['gelu'\\]"),
        ({"vocab_size": None}, "vocab_size is missing"),
        ({"vocab_size": "30"}, "vocab_size must be a whole number above 0, not '30'"),
        ({"vocab_size": True}, "vocab_size must be a whole number above 0, not True"),
        ({"num_attention_heads": 0}, "num_attention_heads must be a whole number above 0, not 0"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be a whole number above 0, not 0"),
        ({"num_hidden_layers": 2.0}, "num_hidden_layers must be a whole number"),
        ({"num_hidden_layers": -1}, "num_hidden_layers must be"),
        ({"layer_norm_eps": float("nan")}, "layer_norm_eps must be a number, not nan"),
        ({"layer_norm_eps": [1e-12]}, "layer_norm_eps must be a number"),
    ],
)
def test_what_we_cannot_do_is_refused_by_name(config_with, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        _ = config_with(**changes).encoder_arguments
    assert "config.json" in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"), [(b"{", "not JSON"), (b"\xff", "not JSON in UTF-8"), (b"[]", "must hold a JSON object")]
)
def test_a_damaged_file_is_refused(tmp_path, content, message):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        HuggingFaceConfig(tmp_path / "config.json")


def test_labels_in_the_order_of_their_logits(config_with):
    assert config_with(id2label={"1": "b", "0": "a"}).labels == ["a", "b"]
    assert config_with(id2label={"0": "LABEL_0", "1": "LABEL_1"}).labels is None
    assert config_with().labels is None
    for id2label in ({"0": "a", "2": "b"}, {"0": 1}, ["a"]):
        with pytest.raises(ValueError, match="id2label must map"):
            _ = config_with(id2label=id2label).labels


def test_the_heads_dropout_defaults_to_the_encoders(config_with):
    assert config_with(hidden_dropout_prob=0.3).settings["dropout"] == 0.3
    assert config_with(hidden_dropout_prob=0.3, classifier_dropout=0.0).settings["dropout"] == 0.0


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu", "silu"])
def test_what_is_written_is_read_back(config_with, activation):
    config = config_with(hidden_act=activation)
    fields = config_fields(
        "text_classification",
        config.encoder_arguments | {"initializer_range": 0.02},
        {"labels": ["a", "b"], "num_classes": 2, "dropout": 0.2, "problem_type": "multi_label_classification"},
    )
    again = config_with(**fields)
    assert again.encoder_arguments == config.encoder_arguments
    assert again.labels == ["a", "b"]
    assert again.settings == {"dropout": 0.2, "problem_type": "multi_label_classification"}
    assert fields["hidden_act"] == activation


@pytest.mark.parametrize(
    ("field", "value", "supported"),
    [("summary_type", "mean", "first"), ("summary_use_proj", False, True), ("summary_activation", None, "gelu")],
)
def test_a_summary_that_is_not_electras_is_refused(tmp_path, field, value, supported):
    fields = {
        "model_type": "electra", "vocab_size": 9, "num_hidden_layers": 1, "num_attention_heads": 1, "hidden_size": 4,
        "intermediate_size": 4,
    }  # fmt: skip
    path = tmp_path / "config.json"
    path.write_text(json.dumps(fields))
    assert HuggingFaceConfig(path).encoder_arguments["embedding_dim"] == 128
    path.write_text(json.dumps(fields | {field: value}))
    with pytest.raises(ValueError, match=f"{field} is {value!r}; supported: {supported!r}"):
        HuggingFaceConfig(path)
