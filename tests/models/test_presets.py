import json
import logging
import pathlib
import shutil

import keras
import numpy as np
import pytest
import safetensors.numpy
from keras import ops

from bert_keras.models import BertEncoder, BertPretrainer, QuestionAnswerer, TextClassifier, load_preset
from bert_keras.models.named_weights import named_weights
from bert_keras.models.saved_model import open_preset

pytestmark = pytest.mark.slow_elsewhere

TINY_BERT = pathlib.Path(__file__).parents[1] / "golden" / "tiny_bert"


@pytest.fixture(scope="module")
def expected():
    """What transformers computes; see tests/golden/make_tiny_bert.py."""
    return dict(np.load(TINY_BERT / "expected.npz"))


def batch_of(expected, **more):
    return {name: expected[name] for name in ("token_ids", "segment_ids", "padding_mask")} | more


def weights_equal(model, other):
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(first, second) for first, second in pairs)


def test_an_encoder_computes_what_transformers_computes(expected, outputs_of):
    encoder = BertEncoder.from_preset(TINY_BERT)
    outputs = outputs_of(encoder.inspector(), batch_of(expected))
    np.testing.assert_allclose(outputs["hidden_states"], expected["hidden_states"], atol=2e-5)
    np.testing.assert_allclose(outputs["pooled_output"], expected["pooled_output"], atol=1e-5)
    assert encoder.load_report.new == ()
    assert all(name.startswith("cls.") for name in encoder.load_report.unused)


def test_a_pretrainer_computes_what_transformers_computes(expected, outputs_of):
    pretrainer = BertPretrainer.from_preset(TINY_BERT)
    positions = np.tile(np.arange(9, dtype="int32"), (3, 1))
    outputs = outputs_of(pretrainer, batch_of(expected, mask_positions=positions))
    np.testing.assert_allclose(outputs["mlm"], expected["mlm"], atol=2e-5)
    np.testing.assert_allclose(outputs["nsp"], expected["nsp"], atol=1e-5)
    assert pretrainer.load_report.new == pretrainer.load_report.unused == ()


def test_arguments_can_differ_from_the_presets():
    encoder = BertEncoder.from_preset(TINY_BERT, dropout=0.0, dtype="mixed_bfloat16")
    assert encoder.dropout == 0.0
    assert encoder.encoder_blocks[0].attention.dropout == 0.0
    encoder = BertEncoder.from_preset(TINY_BERT, dropout=0.0, attention_dropout=0.3, dtype="mixed_bfloat16")
    assert encoder.encoder_blocks[0].attention.dropout == 0.3
    assert encoder.compute_dtype == "bfloat16"


@pytest.mark.parametrize("options", [{}, {"next_sentence": False}])
def test_a_pretrainer_comes_back_bit_equal(make_encoder, tmp_path, options):
    pretrainer = BertPretrainer(make_encoder(pooler=options.get("next_sentence", True)), **options)
    pretrainer.save_to_preset(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    loaded = BertPretrainer.from_preset(tmp_path)
    assert loaded.next_sentence == pretrainer.next_sentence
    assert weights_equal(loaded, pretrainer)
    config, original = loaded.encoder.get_config(), pretrainer.encoder.get_config()
    assert {name for name in config if config[name] != original[name]} <= {
        "name",
        "attention_dropout",
        "kernel_initializer",
    }


def test_a_sentence_order_head_comes_back_and_transformers_reads_the_masked_lm(
    make_encoder, pretraining_rows, outputs_of, tmp_path
):
    pretrainer = BertPretrainer(make_encoder(), sentence_order=True)
    pretrainer.save_to_preset(tmp_path)
    loaded = BertPretrainer.from_preset(tmp_path)
    assert (loaded.next_sentence, loaded.sentence_order, loaded.load_report.new) == (False, True, ())
    assert weights_equal(loaded, pretrainer)
    outputs = outputs_of(loaded, pretraining_rows)
    keras.tree.map_structure(np.testing.assert_array_equal, outputs, outputs_of(pretrainer, pretraining_rows))
    # Asked for the other task, it begins with a new head and keeps the encoder's pooler.
    other = BertPretrainer.from_preset(tmp_path, next_sentence=True)
    assert not other.sentence_order
    assert {name.split("/")[0] for name in other.load_report.new} == {"sentence_pair_head"}
    assert BertEncoder.from_preset(tmp_path).load_report.new == ()
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    model, report = transformers.BertForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"]
    ids, mask, segments = (
        torch.tensor(pretraining_rows[name]).long() for name in ("token_ids", "padding_mask", "segment_ids")
    )
    with torch.no_grad():
        logits = model(ids, attention_mask=mask, token_type_ids=segments).logits.numpy()
    expected = np.take_along_axis(logits, pretraining_rows["mask_positions"][..., None], axis=1)
    np.testing.assert_allclose(outputs["mlm"], expected, rtol=1e-4, atol=1e-5)


def test_a_masked_lm_preset_has_no_pooler_as_in_transformers(make_encoder, tmp_path):
    BertPretrainer(make_encoder(), next_sentence=False).save_to_preset(tmp_path)
    encoder = BertEncoder.from_preset(tmp_path)
    assert encoder.load_report.new == ("pooler/dense/kernel", "pooler/dense/bias")


def test_next_sentence_prediction_can_be_left_out_of_what_is_loaded():
    pretrainer = BertPretrainer.from_preset(TINY_BERT, next_sentence=False)
    assert pretrainer.load_report.new == ()
    assert {name.split(".")[1] for name in pretrainer.load_report.unused} == {"pooler", "seq_relationship"}


def test_a_classifier_comes_back_with_its_labels(make_encoder, rows, outputs_of, tmp_path):
    classifier = TextClassifier(make_encoder(), 3, labels=("neg", "neutral", "pos"), dropout=0.25)
    classifier.save_to_preset(tmp_path)
    loaded = TextClassifier.from_preset(tmp_path)
    assert list(loaded.labels) == ["neg", "neutral", "pos"]
    assert (loaded.num_classes, loaded.dropout, loaded.encoder.dropout) == (3, 0.25, 0.1)
    np.testing.assert_array_equal(outputs_of(loaded, rows), outputs_of(classifier, rows))
    with pytest.raises(ValueError, match="trained for the labels"):
        TextClassifier.from_preset(tmp_path, labels=("pos", "neutral", "neg"))


def test_a_new_head_on_a_pretrained_encoder_is_reported(caplog):
    with caplog.at_level(logging.WARNING, "bert_keras"):
        classifier = TextClassifier.from_preset(TINY_BERT, num_classes=3, dropout=0.0)
    assert classifier.load_report.new == ("classification_head/dense/kernel", "classification_head/dense/bias")
    assert "2 new, with initial values: classification_head/dense/kernel" in caplog.text
    assert classifier.encoder.dropout == classifier.dropout == 0.0
    encoder = BertEncoder.from_preset(TINY_BERT)
    assert weights_equal(classifier.encoder, encoder)
    with pytest.raises(ValueError, match="num_classes is needed"):
        TextClassifier.from_preset(TINY_BERT)


def test_a_head_for_other_classes_is_new(make_encoder, tmp_path):
    TextClassifier(make_encoder(), 3).save_to_preset(tmp_path)
    classifier = TextClassifier.from_preset(tmp_path, num_classes=2)
    assert classifier.load_report.new == ("classification_head/dense/kernel", "classification_head/dense/bias")
    assert classifier.load_report.unused == ("classifier.bias", "classifier.weight")


def test_googles_format_beside_another_one_is_refused_for_it_would_not_be_read(make_encoder, tmp_path):
    pytest.importorskip("tensorflow")
    encoder = make_encoder()
    encoder.save_to_preset(tmp_path)
    with pytest.raises(FileExistsError, match="holds config.json of another format"):
        encoder.save_to_preset(tmp_path, format="google")
    assert not (tmp_path / "bert_config.json").exists()


def test_keras_hubs_format_over_another_one_is_refused_for_it_would_overwrite_its_configuration(make_encoder, tmp_path):
    make_encoder().save_to_preset(tmp_path)
    with pytest.raises(FileExistsError, match="holds model.safetensors"):
        make_encoder().save_to_preset(tmp_path, format="keras_hub")
    BertEncoder.from_preset(tmp_path)


@pytest.mark.parametrize(
    "wrap",
    [
        BertPretrainer,
        lambda encoder: TextClassifier(encoder, 2, labels=("a", "b")),
        lambda encoder: TextClassifier(encoder, 2, problem_type="multi_label_classification", threshold=0.3),
        QuestionAnswerer,
    ],
)
def test_googles_format_and_back_is_bit_equal(make_encoder, tmp_path, wrap):
    pytest.importorskip("tensorflow")
    model = wrap(make_encoder())
    model.save_to_preset(tmp_path, format="google")
    names = ["bert_config.json", "bert_model.ckpt.data-00000-of-00001", "bert_model.ckpt.index"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    loaded = type(model).from_preset(tmp_path)
    for name in ("labels", "problem_type", "threshold"):
        assert getattr(loaded, name, None) == getattr(model, name, None)
    assert loaded.load_report.new == ()
    weights = named_weights(loaded)
    assert all(np.array_equal(weights[name], value) for name, value in named_weights(model).items() if name in weights)


def test_an_unknown_format_is_refused(make_encoder, tmp_path):
    with pytest.raises(ValueError, match="huggingface, google, keras_hub, keras; received 'torch'"):
        make_encoder().save_to_preset(tmp_path, format="torch")


def test_regression_is_marked_as_such(make_encoder, tmp_path):
    TextClassifier(make_encoder(), 1).save_to_preset(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["problem_type"] == "regression"
    assert TextClassifier.from_preset(tmp_path).num_classes == 1


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_a_head_that_transformers_lacks_stands_beside_the_encoder_that_it_reads(
    make_encoder, rows, outputs_of, tmp_path, pooling
):
    transformers = pytest.importorskip("transformers")
    encoder = make_encoder(pooler=False, activation="gelu_tanh")  # KerasHub's
    classifier = TextClassifier(encoder, 2, labels=("a", "b"), pooling=pooling)
    classifier.save_to_preset(tmp_path)
    loaded = TextClassifier.from_preset(tmp_path)
    assert (loaded.pooling, loaded.labels, loaded.load_report.new) == (pooling, ["a", "b"], ())
    np.testing.assert_allclose(outputs_of(loaded, rows), outputs_of(classifier, rows), atol=1e-6)
    assert type(load_preset(tmp_path)) is TextClassifier
    _, report = transformers.BertModel.from_pretrained(tmp_path, add_pooling_layer=False, output_loading_info=True)
    assert not report["missing_keys"]
    for other in ("google", "keras_hub"):
        with pytest.raises(ValueError, match=f"no place for .*{pooling}_classification_head"):
            classifier.save_to_preset(tmp_path / other, format=other)
        assert not (tmp_path / other).exists()


def test_another_pooling_than_that_of_a_preset_takes_a_new_head(make_encoder, tmp_path):
    TextClassifier(make_encoder(), 2, pooling="mean").save_to_preset(tmp_path)
    loaded = TextClassifier.from_preset(tmp_path, 2, pooling="pooled")
    assert loaded.load_report.new == ("classification_head/dense/kernel", "classification_head/dense/bias")
    with pytest.raises(ValueError, match="pooled, first, mean; received 'max'"):
        TextClassifier.from_preset(tmp_path, pooling="max")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"normalize_first": True}, "normalize_first=True"),
        ({"embedding_dim": 4}, "embedding_dim"),
        ({"num_segments": 0}, "num_segments=0"),
        ({"activation": "elu"}, "activation 'elu'"),
    ],
)
def test_an_encoder_that_transformers_lacks_is_refused(make_encoder, tmp_path, options, named):
    with pytest.raises(ValueError, match=named):
        make_encoder(**options).save_to_preset(tmp_path / "preset", format="huggingface")
    assert not (tmp_path / "preset").exists()


def test_a_weight_of_another_shape_is_named():
    message = r"embeddings/token_embedding/embeddings must have the shape \(31, 12\), found \(30, 12\)"
    with pytest.raises(ValueError, match=message):
        BertEncoder.from_preset(TINY_BERT, vocabulary_size=31)


def test_a_head_that_is_missing_is_new(tmp_path, make_encoder):
    make_encoder().save_to_preset(tmp_path)
    pretrainer = BertPretrainer.from_preset(tmp_path, next_sentence=True)
    assert {name.split("/")[0] for name in pretrainer.load_report.new} == {"masked_lm_head", "sentence_pair_head"}


def test_half_precision_weights_are_saved_whole(make_encoder, tmp_path):
    make_encoder(dtype="bfloat16").save_to_preset(tmp_path)
    loaded = BertEncoder.from_preset(tmp_path)
    assert {weight.dtype for weight in loaded.weights} == {"float32"}


def test_names_do_not_depend_on_where_the_model_was_built(make_encoder):
    class Wrapper(keras.layers.Layer):
        def build(self, input_shape):
            self.pretrainer = BertPretrainer(make_encoder())

    wrapper = Wrapper()
    wrapper.build((None,))
    assert set(named_weights(wrapper.pretrainer)) == set(named_weights(BertPretrainer(make_encoder())))


def test_a_failed_save_leaves_the_old_preset(make_encoder, tmp_path, monkeypatch):
    import os

    encoder = make_encoder()
    encoder.save_to_preset(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    encoder.set_weights([ops.convert_to_numpy(weight) + 1 for weight in encoder.weights])

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        encoder.save_to_preset(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_tokenizers_files_are_left_alone(make_encoder, tmp_path):
    shutil.copytree(TINY_BERT, tmp_path, dirs_exist_ok=True)
    (tmp_path / "vocab.txt").write_text("[PAD]\n")
    make_encoder().save_to_preset(tmp_path)
    assert (tmp_path / "vocab.txt").read_text() == "[PAD]\n"


def test_a_preset_without_a_weight_that_every_encoder_has_is_refused(make_encoder, tmp_path):
    make_encoder().save_to_preset(tmp_path)
    arrays = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    del arrays["embeddings.token_type_embeddings.weight"]
    safetensors.numpy.save_file(arrays, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match="has no weight embeddings/segment_embedding/embeddings"):
        BertEncoder.from_preset(tmp_path)


def test_a_head_gets_the_numbers_that_it_gets_above_an_encoder_of_drawn_weights():
    keras.utils.set_random_seed(3)
    loaded = TextClassifier.from_preset(TINY_BERT, num_classes=2)
    keras.utils.set_random_seed(3)
    built = TextClassifier(BertEncoder(**open_preset(TINY_BERT).encoder_arguments), num_classes=2)
    ours, theirs = (model.get_layer("classification_head").get_weights() for model in (loaded, built))
    assert ours[0].any()
    for first, second in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(first, second)


def test_weights_that_a_preset_does_not_have_are_drawn(tmp_path):
    BertEncoder.from_size("tiny", vocabulary_size=20, pooler=False).save_to_preset(tmp_path)
    encoder = BertEncoder.from_preset(tmp_path, pooler=True)
    assert "pooler/dense/kernel" in encoder.load_report.new
    assert ops.convert_to_numpy(encoder.get_layer("pooler").dense.kernel).all()
