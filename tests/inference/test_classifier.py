import types

import numpy as np
import pytest

from bert_keras.data import WordPieceTokenizer, read_examples
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.inference import Classifier
from bert_keras.models import TextClassifier


class Counter:
    """Stands in for a model: the logits of classes x and y are how often these tokens stand in the row."""

    encoder = types.SimpleNamespace(max_sequence_length=16)

    def __init__(self, tokenizer, problem_type="single_label_classification", labels=("x", "y"), threshold=0.5):
        self.ids = [tokenizer.vocabulary.tokens.index(letter) for letter in "xy"][: len(labels)]
        self.problem_type, self.labels, self.threshold = problem_type, list(labels), threshold
        self.shapes = []

    decode = TextClassifier.decode
    jit_compile = False

    def make_predict_function(self):
        pass

    def predict_on_batch(self, inputs):
        self.shapes.append(inputs["token_ids"].shape)
        return np.stack([(inputs["token_ids"] == i).sum(1) for i in self.ids], axis=1).astype("float32")


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, *"abcdefghijklmnopqrstuvwxyz"])


def test_texts_get_their_likeliest_class_in_their_order(tokenizer):
    model = Counter(tokenizer)
    texts = ["y", "x " * 12, "a y y b", "x"]
    results = Classifier(model, tokenizer, batch_size=2)(texts)
    assert [result["label"] for result in results] == ["y", "x", "y", "x"]
    assert results[0]["score"] == pytest.approx(np.e / (1 + np.e))
    assert all(rows <= 2 for rows, _ in model.shapes)


@pytest.mark.slow_elsewhere
def test_one_text_gets_its_own_result_and_all_classes_if_asked(tokenizer):
    classifier = Classifier(Counter(tokenizer), tokenizer)
    assert classifier("y")["label"] == "y"
    assert [some["label"] for some in classifier("y", top_k=5)] == ["y", "x"]
    assert classifier("x", "y y")["label"] == "y"  # a pair
    assert classifier([]) == []


@pytest.mark.slow_elsewhere
def test_several_labels_are_those_above_the_threshold(tokenizer):
    model = Counter(tokenizer, "multi_label_classification", threshold=0.7)
    results = Classifier(model, tokenizer)(["x y", "a", "y"])
    assert [sorted(some["label"] for some in result) for result in results] == [["x", "y"], [], ["y"]]


@pytest.mark.slow_elsewhere
def test_a_regression_gives_numbers(tokenizer):
    assert Classifier(Counter(tokenizer, "regression", ("x",)), tokenizer)(["x x", "a"]) == [
        {"score": 2.0},
        {"score": 0.0},
    ]


@pytest.mark.slow_elsewhere
def test_long_texts_are_cut_or_averaged_over_their_pieces(tokenizer):
    text = "a " * 14 + "y " * 14
    assert Classifier(Counter(tokenizer), tokenizer)(text)["score"] == 0.5
    assert Classifier(Counter(tokenizer), tokenizer, long_texts="windows")(text)["label"] == "y"


@pytest.mark.slow_elsewhere
def test_a_file_is_read_line_by_line_and_tables_by_their_reader(tokenizer, tmp_path):
    classifier = Classifier(Counter(tokenizer), tokenizer)
    (tmp_path / "texts.txt").write_text("x\ny y\n")
    (tmp_path / "pairs.csv").write_text("first,second\na,x\ny,b\n")
    assert [result["label"] for result in classifier(tmp_path / "texts.txt")] == ["x", "y"]
    pairs = read_examples(tmp_path / "pairs.csv", text_column="first", second_text_column="second")
    assert [result["label"] for result in classifier(pairs)] == ["x", "y"]
    (tmp_path / "broken.txt").write_bytes(b"x\n\xff\n")
    with pytest.raises(ValueError, match="broken.txt:2: not UTF-8"):
        classifier(tmp_path / "broken.txt")


@pytest.mark.slow_elsewhere
def test_one_second_text_stands_beside_every_text(tokenizer):
    classifier = Classifier(Counter(tokenizer), tokenizer)
    assert classifier(["a x", "y"], "y y") == classifier(["a x", "y"], ["y y", "y y"])


@pytest.mark.slow_elsewhere
def test_what_does_not_fit_is_an_error(tokenizer):
    with pytest.raises(ValueError, match="a second text for each of 2 texts, received 1"):
        Classifier(Counter(tokenizer), tokenizer)(["a", "b"], ["c"])
    with pytest.raises(ValueError, match="received 'drop'"):
        Classifier(Counter(tokenizer), tokenizer, long_texts="drop")
    for options in ({"batch_size": 0}, {"sequence_length": 2}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} must be at least"):
            Classifier(Counter(tokenizer), tokenizer, **options)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("pairs", [([("x", "y"), ("y", "y")],), ("x", ["y"]), ([None],)])
def test_pairs_are_told_how_they_go_in(tokenizer, pairs):
    with pytest.raises(ValueError, match="each text to be a str, received .*; the second texts of pairs go in as"):
        Classifier(Counter(tokenizer), tokenizer)(*pairs)


def test_a_trained_preset_classifies(tokenizer, tmp_path):
    from bert_keras.models import BertEncoder, TextClassifier

    encoder = BertEncoder(tokenizer.vocabulary_size, 1, 2, 8, 16, max_sequence_length=16)
    TextClassifier(encoder, 2, labels=("no", "yes")).save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    assert Classifier.from_preset(tmp_path)("a b")["label"] in ("no", "yes")
