"""KerasHub's models of BERT's relatives into ours and back, as `test_keras_hub.py` has it of BERT."""

import logging

import keras
import numpy as np
import pytest

from bert_keras.checkpoints import KerasHubCheckpoint
from bert_keras.checkpoints.families import FAMILIES
from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier, load_preset
from bert_keras.models.named_weights import named_weights

keras_hub = pytest.importorskip("keras_hub")

# JAX compiles each of KerasHub's layers by itself, for a minute in all.
pytestmark = [pytest.mark.slow] if keras.config.backend() == "jax" else []

NUMBERS = {"vocabulary_size": 30, "num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 12,
           "max_sequence_length": 10}  # fmt: skip
POSITIONS, SEGMENTS = (f"embeddings/{name}_embedding/embeddings" for name in ("position", "segment"))
OPTIONS = {  # of the backbone
    "roberta": {},
    "xlm-roberta": {},
    "distilbert": {},
    "albert": {"embedding_dim": 4, "num_layers": 4, "num_groups": 2, "num_inner_repetitions": 2},
    "electra": {"embedding_dim": 4},
}
ROBERTA_AND_SLOWLY_OTHERS = [family if family == "roberta" else pytest.param(family, marks=pytest.mark.slow)
                             for family in OPTIONS]  # fmt: skip
WITH_TASKS = [family for family in OPTIONS if family != "electra"]


def scramble(model):
    """Weights large enough for every part to show in the outputs."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(scale=0.4, size=weight.shape))
    return model


def class_of(family, kind):
    return getattr(keras_hub.models, FAMILIES[family].keras_hub.prefix + kind)


@pytest.fixture(scope="module")
def backbone():
    """Function from the name of a family to a small backbone of it."""

    def make(family, **options):
        numbers = NUMBERS | OPTIONS[family] | options
        if family == "electra":
            numbers["vocab_size"] = numbers.pop("vocabulary_size")
        return scramble(class_of(family, "Backbone")(**numbers))

    return make


@pytest.fixture
def make_encoder():
    """Function from the name of a family to a small encoder of ours that KerasHub computes alike."""

    def make(family, **options):
        form = FAMILIES[family].keras_hub
        numbers = dict(FAMILIES[family].size_defaults) | NUMBERS | {"pooler": family == "albert", "dropout": 0.1}
        numbers |= {"embedding_dim": 4} if family in ("albert", "electra") else {}
        return scramble(BertEncoder(**numbers | {"family": family, "attention_dropout": 0.1} | form.fixed | options))

    return make


@pytest.fixture
def run(rows):
    """Function from a model to its outputs for the rows, without those at padding, as a dict."""

    def run(model):
        batch = rows | {"mask_positions": np.array([[1, 2, 4], [1, 2, 0]], "int32")}
        outputs = model({name: batch[name] for name in model.input})
        outputs = outputs if isinstance(outputs, dict) else {"sequence_output": outputs}
        arrays = {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}
        if (hidden := arrays.get("sequence_output")) is not None and hidden.shape[1:] == (6, 8):
            arrays["sequence_output"] = hidden[batch["padding_mask"] != 0]
        return arrays

    return run


def equal_weights(model, other):
    weights = {weight.path: keras.ops.convert_to_numpy(weight) for weight in other.weights}
    return [
        weight.path
        for weight in model.weights
        if not np.array_equal(keras.ops.convert_to_numpy(weight), weights[weight.path])
    ]


@pytest.mark.parametrize("family", ROBERTA_AND_SLOWLY_OTHERS)
def test_a_backbone_gives_the_same_and_comes_back(backbone, run, family):
    theirs = backbone(family)
    encoder = BertEncoder.from_preset(theirs)
    assert encoder.family == family
    is_electra = family == "electra"  # whose pooler nothing was trained with
    unused = ("pooled_dense/kernel", "pooled_dense/bias") if is_electra else ()
    assert (encoder.load_report.new, encoder.load_report.unused) == ((), unused)
    expected, outputs = run(theirs), run(encoder)
    assert set(outputs) == {"sequence_output"} | ({"pooled_output"} if family == "albert" else set())
    for name in outputs:
        np.testing.assert_allclose(outputs[name], expected[name], atol=1e-5)
    changed = equal_weights(encoder.to_keras_hub(), theirs)
    assert changed == ["pooled_dense/kernel", "pooled_dense/bias"] if is_electra else not changed


@pytest.mark.parametrize("family", ROBERTA_AND_SLOWLY_OTHERS)
def test_a_directory_is_read_as_the_object_was(backbone, tmp_path, family):
    theirs = backbone(family)
    theirs.save_to_preset(tmp_path)
    assert equal_weights(load_preset(tmp_path), BertEncoder.from_preset(theirs)) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", WITH_TASKS)
def test_a_masked_lm(backbone, run, family):
    theirs = scramble(class_of(family, "MaskedLM")(backbone(family)))
    pretrainer = load_preset(theirs)
    assert type(pretrainer) is BertPretrainer
    assert pretrainer.load_report.new == pretrainer.load_report.unused == ()
    np.testing.assert_allclose(run(pretrainer)["mlm"], run(theirs)["sequence_output"], atol=2e-5)
    assert equal_weights(pretrainer.to_keras_hub(), theirs) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", WITH_TASKS)
def test_a_classifier(backbone, run, family):
    theirs = scramble(class_of(family, "TextClassifier")(backbone(family), num_classes=3, dropout=0.25))
    classifier = TextClassifier.from_preset(theirs)
    assert classifier.load_report.new == classifier.load_report.unused == ()
    assert (classifier.num_classes, classifier.dropout) == (3, 0.25)
    np.testing.assert_allclose(run(classifier)["sequence_output"], run(theirs)["sequence_output"], atol=1e-5)
    assert equal_weights(classifier.to_keras_hub(), theirs) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", WITH_TASKS)
@pytest.mark.parametrize("task", ["MaskedLM", "TextClassifier"])
def test_a_task_in_a_directory(backbone, tmp_path, family, task):
    options = {"num_classes": 3} if task == "TextClassifier" else {}
    theirs = scramble(class_of(family, task)(backbone(family), **options))
    theirs.save_to_preset(tmp_path)
    loaded = load_preset(tmp_path)
    assert type(loaded).__name__ == {"MaskedLM": "BertPretrainer"}.get(task, task)
    assert equal_weights(loaded, load_preset(theirs)) == []


@pytest.mark.parametrize("family", ROBERTA_AND_SLOWLY_OTHERS)
def test_ours_is_saved_as_a_preset_of_theirs(make_encoder, run, tmp_path, family):
    encoder = make_encoder(family)
    encoder.save_to_preset(tmp_path, format="keras_hub")
    theirs = class_of(family, "Backbone").from_preset(str(tmp_path))
    np.testing.assert_allclose(run(encoder)["sequence_output"], run(theirs)["sequence_output"], atol=1e-5)


def test_robertas_one_segment_is_added_to_the_positions(make_encoder):
    encoder = make_encoder("roberta")
    back = BertEncoder.from_preset(encoder.to_keras_hub())
    old, new = (
        {path: keras.ops.convert_to_numpy(weight) for path, weight in named_weights(some).items()}
        for some in (encoder, back)
    )
    assert not np.any(new[SEGMENTS])
    assert not np.any(new[POSITIONS][:2])
    np.testing.assert_array_equal(new[POSITIONS][2:], old[POSITIONS][2:] + old[SEGMENTS])


def test_what_theirs_computes_otherwise_is_refused_or_logged(make_encoder, caplog):
    encoder = make_encoder("roberta", activation="relu", layer_norm_epsilon=1e-12, pooler=True)
    message = "RoBERTa computes .* activation is relu here, gelu there; layer_norm_epsilon is 1e-12 here, 1e-05 there"
    with pytest.raises(ValueError, match=message + "; pooler is True here, False there"):
        encoder.to_keras_hub()
    with caplog.at_level(logging.WARNING, "bert_keras"):
        assert type(encoder.to_keras_hub(exact=False)).__name__ == "RobertaBackbone"
    assert "pooler is True here" in caplog.text
    with pytest.raises(ValueError, match="head_layer_norm_epsilon is 1e-12 here, 1e-05 there"):
        BertPretrainer(make_encoder("distilbert"), next_sentence=False).to_keras_hub()


def test_a_pooler_that_is_theirs_alone_is_logged(make_encoder, caplog):
    with caplog.at_level(logging.WARNING, "bert_keras"):
        make_encoder("electra").to_keras_hub()
    assert "ELECTRA has weights more, which keep their initial values: pooled_dense/kernel" in caplog.text


def test_a_head_that_theirs_has_not_is_refused(make_encoder):
    with pytest.raises(ValueError, match="KerasHub's ELECTRA has no place for .'classification_head/dense/bias'"):
        TextClassifier(make_encoder("electra"), num_classes=2).to_keras_hub()
    with pytest.raises(ValueError, match="KerasHub's RoBERTa has no place for .'mean_classification_head/dense/bias'"):
        TextClassifier(make_encoder("roberta"), num_classes=2, pooling="mean").to_keras_hub()


def test_a_hidden_layer_of_another_width_is_refused(backbone):
    theirs = keras_hub.models.RobertaTextClassifier(backbone("roberta"), num_classes=2, hidden_dim=6)
    with pytest.raises(ValueError, match="hidden_dim is 6; supported: 8"):
        KerasHubCheckpoint(theirs)
