import json

import numpy as np
import pytest

from bert_keras.data import Examples, Vocabulary, WordPieceTokenizer
from bert_keras.inference import Classifier, CrossEncoder
from bert_keras.models import BertEncoder, TextClassifier

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxy"]
TEXTS = ["c d", "a", "e f a"]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(Vocabulary(WORDS))


@pytest.fixture(scope="module")
def make_cross_encoder(tokenizer):
    encoder = BertEncoder(len(WORDS), 1, 2, 8, 16, max_sequence_length=16, kernel_initializer="glorot_normal")
    return lambda **options: CrossEncoder(TextClassifier(encoder, **{"num_classes": 1} | options), tokenizer)


@pytest.mark.slow_elsewhere
def test_a_number_is_taken_as_it_is_and_a_label_as_a_probability(make_cross_encoder):
    for problem_type in ("regression", "multi_label_classification"):
        score = make_cross_encoder(problem_type=problem_type)
        logits = score.logits(score.rows(["a b"] * 3, TEXTS))[:, 0]
        expected = logits if problem_type == "regression" else 1 / (1 + np.exp(-logits))
        np.testing.assert_allclose(score(["a b"] * 3, TEXTS), expected, atol=1e-6)
        assert score("a b", TEXTS[0]) == pytest.approx(expected[0], abs=1e-6)


def test_texts_are_ranked_best_first(make_cross_encoder):
    score = make_cross_encoder()
    scores = score(["a b"] * 3, TEXTS)
    ranked = score.rank("a b", TEXTS)
    assert [some["number"] for some in ranked] == np.argsort(-scores).tolist()
    assert [some["text"] for some in ranked] == [TEXTS[some["number"]] for some in ranked]
    assert score.rank("a b", TEXTS, top_k=1) == ranked[:1]
    assert score.rank("a b", []) == []
    with pytest.raises(ValueError, match="top_k must be at least 1"):
        score.rank("a b", TEXTS, top_k=0)


@pytest.mark.slow_elsewhere
def test_a_model_of_several_classes_is_refused(make_cross_encoder):
    with pytest.raises(ValueError, match="received one of 3 classes"):
        make_cross_encoder(num_classes=3)


def test_rows_are_as_long_as_the_preset_notes(make_cross_encoder, tokenizer, tmp_path):
    whole = make_cross_encoder()
    whole.model.save_to_preset(tmp_path)
    pair = "a b c d e f", "g h i j k l"
    for noted, expected in ((8, 8), (512, 16), (None, 16)):
        tokenizer.save_to_preset(tmp_path, model_max_length=noted)
        assert CrossEncoder.from_preset(tmp_path).sequence_length == expected
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    short = CrossEncoder.from_preset(tmp_path)
    assert short(*pair) == pytest.approx(CrossEncoder.from_preset(tmp_path, sequence_length=8)(*pair), abs=1e-6)
    assert abs(short(*pair) - whole(*pair)) > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["Sigmoid", "Identity"])
def test_scores_are_those_of_sentence_transformers_both_ways(make_cross_encoder, tokenizer, tmp_path, activation):
    library = pytest.importorskip("sentence_transformers")
    torch = pytest.importorskip("torch")
    make_cross_encoder().model.encoder.save_to_preset(tmp_path / "encoder")
    for folder in ("encoder", "theirs", "ours"):
        tokenizer.save_to_preset(tmp_path / folder, model_max_length=16)
    options = {"num_labels": 1, "activation_fn": getattr(torch.nn, activation)(), "device": "cpu"}
    theirs = library.CrossEncoder(str(tmp_path / "encoder"), **options)
    theirs.save_pretrained(str(tmp_path / "theirs"))
    ours = CrossEncoder.from_preset(tmp_path / "theirs")
    expected = theirs.predict([("a b", text) for text in TEXTS])
    np.testing.assert_allclose(ours(["a b"] * 3, TEXTS), expected, atol=1e-5)
    assert isinstance(Classifier.from_preset(tmp_path / "theirs"), Classifier)
    ours.model.save_to_preset(tmp_path / "ours")
    cut = library.CrossEncoder(str(tmp_path / "encoder"), max_length=8, **options)
    cut.save_pretrained(str(tmp_path / "cut"))
    long = "a b", "c d e f g h"
    assert CrossEncoder.from_preset(tmp_path / "cut")(*long) == pytest.approx(float(cut.predict([long])[0]), abs=1e-5)
    again = library.CrossEncoder(str(tmp_path / "ours"), device="cpu")
    np.testing.assert_allclose(again.predict([("a b", text) for text in TEXTS]), expected, atol=1e-5)


def test_the_default_prompt_of_the_preset_stands_before_the_first_text(make_cross_encoder, tokenizer, tmp_path):
    plain = make_cross_encoder()
    plain.model.save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path, model_max_length=16)
    noted = {"prompts": {"query": "a b ", "other": "c "}, "default_prompt_name": "query"}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(noted))
    prompted = CrossEncoder.from_preset(tmp_path)
    assert prompted.prompt == "a b " and CrossEncoder.from_preset(tmp_path, prompt="").prompt == ""
    expected = plain(["a b e"], ["f g"])
    np.testing.assert_allclose(prompted(["e"], ["f g"]), expected, atol=1e-6)
    np.testing.assert_allclose(prompted(Examples(("e",), ("f g",))), expected, atol=1e-6)
    assert prompted.rank("e", ["f g"])[0]["score"] == pytest.approx(float(expected[0]), abs=1e-6)
