"""Answers of a preset explained: a text, a file of them with lines that cannot be explained, and what is refused."""

import pytest

from bert_keras.data import tokenizer_of
from bert_keras.models import TextClassifier


@pytest.fixture(scope="module")
def classifier(small_preset, tmp_path_factory):
    directory = tmp_path_factory.mktemp("classifier")
    TextClassifier.from_preset(small_preset, num_classes=2, labels=["neg", "pos"]).save_to_preset(directory)
    tokenizer_of(small_preset).save_to_preset(directory)
    return directory


def test_a_text_is_explained_on_the_terminal_and_as_a_page(run_recipe, classifier, tmp_path):
    options = ["--preset", classifier, "--answer", "neg", "--output", tmp_path / "new" / "page.html"]
    printed = run_recipe("explain.py", "who was good", *options)
    assert "neg 0." in printed and "integrated_gradients: words" in printed and "occlusion: words" in printed
    page = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert page.count('class="attention"') == 1 and ">good</span>" in page


def test_a_line_without_words_does_not_stop_a_file_and_a_limit_is_said(run_recipe, classifier, tmp_path):
    (tmp_path / "texts.txt").write_text("good\n\nthe bad\nwho\n")
    options = ["--preset", classifier, "--method", "occlusion", "--attention", 1, "--output", tmp_path / "page.html"]
    printed = run_recipe("explain.py", tmp_path / "texts.txt", *options, "--limit", 3)
    assert "has 4 texts: the first 3 are explained" in printed and "line 2 is not explained: Expected a text" in printed
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<section>") == 2 and page.count('class="attention"') == 1


def test_a_preset_without_its_tokenizer_is_refused(run_recipe, classifier, tmp_path):
    TextClassifier.from_preset(classifier).save_to_preset(tmp_path)
    printed = run_recipe("explain.py", "good", "--preset", tmp_path, status=1)
    assert "expected a tokenizer in" in printed
