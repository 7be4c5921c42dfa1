"""Heads as each family has them, on a bare encoder and in files."""

import json

import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.models import BertPretrainer, MultipleChoice, TextClassifier, head_only, load_preset
from bert_keras.models.named_weights import named_weights


@pytest.fixture
def make(make_encoder):
    """Function that makes a small encoder of a family, with what all encoders of the family have."""
    return lambda family, **options: make_encoder(family=family, **FAMILIES[family].size_defaults | options)


def head_weights(model):
    return sorted(name for name in named_weights(model) if "head" in name)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(("family", "activation"), [("roberta", "tanh"), ("distilbert", "relu")])
def test_a_bare_encoder_gets_the_head_of_its_family(make, tmp_path, family, activation):
    make(family).save_to_preset(tmp_path)
    classifier = TextClassifier.from_preset(tmp_path, num_classes=3)
    head = classifier.head_layer
    assert (classifier.pooling, classifier.kind, classifier.encoder.pooler) == ("first", "text_classification", False)
    assert (head.name, head.hidden_activation.__name__) == ("classification_head", activation)
    assert head.hidden_dropout == (family == "roberta")
    assert {name.split("/")[1] for name in head_weights(classifier)} == {"hidden", "dense"}


@pytest.mark.slow_elsewhere
def test_the_dropout_before_a_head_that_a_family_publishes_is_its_own(make, tmp_path):
    make("distilbert").save_to_preset(tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text())
    assert "seq_classif_dropout" not in fields
    assert TextClassifier.from_preset(tmp_path, num_classes=2).dropout == 0.2  # transformers' default


@pytest.mark.slow_elsewhere
def test_another_pooling_than_the_familys_has_a_head_of_ours(make, rows, outputs_of, tmp_path):
    for pooling, has_pooler in (("pooled", True), ("mean", False)):
        classifier = TextClassifier(make("roberta", pooler=has_pooler), 2, pooling=pooling)
        assert head_weights(classifier) == [
            f"{pooling}_classification_head/dense/{name}" for name in ("bias", "kernel")
        ]
        classifier.save_to_preset(tmp_path / pooling)
        loaded = load_preset(tmp_path / pooling)
        assert (loaded.pooling, loaded.load_report.new) == (pooling, ())
        np.testing.assert_allclose(outputs_of(loaded, rows), outputs_of(classifier, rows), atol=1e-6)


@pytest.mark.slow_elsewhere
def test_what_looks_at_the_pooled_output_needs_a_pooler_where_the_family_has_one(make, rows):
    with pytest.raises(ValueError, match="needs an encoder with a pooler"):
        MultipleChoice(make("roberta", pooler=False))
    choices = {name: value[None] for name, value in rows.items()}
    assert MultipleChoice(make("distilbert"))(choices).shape == (1, 2)


@pytest.mark.slow_elsewhere
def test_robertas_masked_lm_head_has_its_own_activation(make, tmp_path):
    pretrainer = BertPretrainer(make("roberta", activation="relu", pooler=False), next_sentence=False)
    assert pretrainer.get_layer("masked_lm_head").activation.__name__ == "gelu"
    pretrainer.save_to_preset(tmp_path, format="huggingface")
    assert json.loads((tmp_path / "config.json").read_text())["hidden_act"] == "relu"
    assert load_preset(tmp_path).get_layer("masked_lm_head").activation.__name__ == "gelu"
    pretrainer = BertPretrainer(make("roberta", pooler=False), next_sentence=False, head_activation="relu")
    with pytest.raises(ValueError, match="masked-LM head of RoBERTa in transformers has the activation gelu"):
        pretrainer.save_to_preset(tmp_path, format="huggingface")


@pytest.mark.slow_elsewhere
def test_next_sentence_prediction_is_kept_where_the_family_has_it_not(make, tmp_path):
    pretrainer = BertPretrainer(make("roberta", num_layers=1))
    pretrainer.save_to_preset(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert load_preset(tmp_path).next_sentence


def test_a_new_head_on_a_generator_of_electra_is_logged(make, tmp_path, caplog):
    BertPretrainer(make("electra", num_layers=1), next_sentence=False).save_to_preset(tmp_path / "generator")
    TextClassifier.from_preset(tmp_path / "generator", 2).save_to_preset(tmp_path / "classifier")
    assert "take its discriminator" in caplog.text
    caplog.clear()
    TextClassifier.from_preset(tmp_path / "classifier", 3)
    assert "discriminator" not in caplog.text


def test_the_head_alone_trains_on_the_vectors_that_the_family_looks_at(make, rows):
    classifier = TextClassifier(make("roberta", pooler=False), 3)
    x = {name: rows[name] for name in classifier.input}
    head, vectors = head_only(classifier, {"train": [(x, np.array([2, 0]), np.ones(2))]}, batch_size=2)
    expected = classifier.predict_on_batch(x)
    found = head.predict_on_batch(vectors["train"].arrays[0])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("family", "said", "alike"),
    [
        ("roberta", "bert", "'roberta or xlm-roberta'"),
        ("bert", "roberta", "'bert'"),
        ("distilbert", "bert", "'distilbert'"),
        ("bert", "distilbert", "'bert'"),
        ("albert", "bert", "'albert'"),
        ("bert", "albert", "'bert'"),
        ("electra", "bert", "'electra'"),
    ],
)
def test_a_configuration_of_another_family_than_the_tensors_is_refused(make, tmp_path, family, said, alike):
    BertPretrainer(make(family, pooler=False), next_sentence=False).save_to_preset(tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text())
    for theirs, (ours, _) in FAMILIES[said].numbers.items():
        if ours in (known := {argument: field for field, (argument, _) in FAMILIES[family].numbers.items()}):
            fields.setdefault(theirs, fields[known[ours]])
    (tmp_path / "config.json").write_text(json.dumps(fields | {"model_type": said}))
    with pytest.raises(ValueError, match=f"look like those of model_type {alike}.*they are of {said!r}"):
        load_preset(tmp_path)
