"""What our heads save, others read right or not at all: a head of their own, or the encoder and a refusal."""

import json
import logging

import numpy as np
import pytest
import safetensors.numpy

from bert_keras.models import RelationClassifier, SpanTagger, TextClassifier, TokenClassifier, TripleExtractor

pytestmark = pytest.mark.slow_elsewhere

OURS = {
    "mean": lambda encoder: TextClassifier(encoder, 3, labels=("a", "b", "c"), pooling="mean"),
    "first": lambda encoder: TextClassifier(encoder, 2, labels=("a", "b"), pooling="first"),
    "regression of the mean": lambda encoder: TextClassifier(encoder, 1, pooling="mean"),
    "crf": lambda encoder: TokenClassifier(encoder, 3, labels=("O", "B-a", "I-a"), head="crf", scheme="BIO"),
    "spans": lambda encoder: SpanTagger(encoder, ("a", "b"), head_dim=4),
    "triples": lambda encoder: TripleExtractor(encoder, ("a", "b"), head_dim=4),
    "relations": lambda encoder: RelationClassifier(encoder, 3, labels=("a", "b", "c")),
}
ours = pytest.mark.parametrize("make", OURS.values(), ids=OURS)
# Those that transformers makes with random weights where it finds none.
GUESSED = ("SequenceClassification", "TokenClassification", "QuestionAnswering", "MultipleChoice")


@ours
def test_a_head_that_others_lack_names_no_classes_to_them_and_stops_them(make_encoder, tmp_path, caplog, make):
    model = make(make_encoder(pooler=False))
    with caplog.at_level(logging.INFO, "bert_keras"):
        model.save_to_preset(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["architectures"] == ["BertModel"]
    assert not {"id2label", "label2id", "num_labels", "problem_type"} & set(config)
    arrays = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    assert arrays["classifier.weight"].shape == arrays["qa_outputs.weight"].shape == (0,)
    assert "transformers reads the encoder alone (AutoModel) and refuses to load a head" in caplog.text
    loaded = type(model).from_preset(tmp_path)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    for name in ("labels", "relations", "problem_type", "head", "scheme", "pooling"):
        assert getattr(loaded, name, None) == getattr(model, name, None)


def test_a_head_that_others_have_is_named_to_them_and_so_is_what_they_do_not_apply(make_encoder, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "bert_keras"):
        TextClassifier(make_encoder(), 3, problem_type="multi_label_classification", threshold=0.3).save_to_preset(
            tmp_path
        )
    assert "transformers reads it as BertForSequenceClassification" in caplog.text
    assert "bert_keras alone applies threshold 0.3" in caplog.text


def test_a_head_of_ours_from_before_comes_back(make_encoder, rows, outputs_of, tmp_path):
    """Before, the names of the classes stood where transformers looks for them, and nothing stopped it."""
    model = TokenClassifier(make_encoder(pooler=False), 3, labels=("O", "B-a", "I-a"), head="crf", scheme="BIO")
    model.save_to_preset(tmp_path)
    arrays = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    arrays |= {
        "classifier.weight": arrays.pop("token_classification_head.dense.kernel").T.copy(),
        "classifier.bias": arrays.pop("token_classification_head.dense.bias"),
    }
    del arrays["qa_outputs.weight"], arrays["qa_outputs.bias"]
    safetensors.numpy.save_file(arrays, tmp_path / "model.safetensors")
    config = json.loads((tmp_path / "config.json").read_text())
    labels = config["bert_keras"].pop("labels")
    config |= {"id2label": dict(enumerate(labels)), "architectures": ["BertForTokenClassification"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    loaded = TokenClassifier.from_preset(tmp_path)
    assert (loaded.labels, loaded.head, loaded.load_report.new) == (labels, "crf", ())
    np.testing.assert_array_equal(outputs_of(loaded, rows), outputs_of(model, rows))


@pytest.mark.slow
@ours
def test_transformers_reads_the_encoder_and_refuses_a_head(make_encoder, rows, outputs_of, tmp_path, make):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = make(make_encoder())
    model.save_to_preset(tmp_path)
    names = {"token_ids": "input_ids", "segment_ids": "token_type_ids", "padding_mask": "attention_mask"}
    encoder = transformers.AutoModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        outputs = encoder(**{names[name]: torch.tensor(value).long() for name, value in rows.items()})
    expected = outputs_of(model.encoder, rows)["sequence_output"]
    np.testing.assert_allclose(outputs.last_hidden_state.numpy(), expected, atol=1e-5)
    for task in GUESSED:
        with pytest.raises(RuntimeError, match="ignore_mismatched_sizes"):
            getattr(transformers, f"AutoModelFor{task}").from_pretrained(tmp_path)


@pytest.mark.slow
def test_sentence_transformers_gives_a_regressions_number_as_it_is_and_refuses_a_head_of_ours(make_encoder, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    torch = pytest.importorskip("torch")
    for name, pooling in (("theirs", "pooled"), ("ours", "mean")):
        TextClassifier(make_encoder(), 1, pooling=pooling).save_to_preset(tmp_path / name)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxy"]
        (tmp_path / name / "vocab.txt").write_text("\n".join(words))
    assert isinstance(library.CrossEncoder(str(tmp_path / "theirs")).activation_fn, torch.nn.Identity)
    with pytest.raises(RuntimeError, match="ignore_mismatched_sizes"):
        library.CrossEncoder(str(tmp_path / "ours"))
