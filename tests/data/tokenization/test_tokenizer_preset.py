import json

import pytest

from bert_keras.data import Vocabulary, WordPieceTokenizer, tokenizer_of

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cafe", "Cafe"]


def google_release(directory):
    directory.mkdir()
    Vocabulary(TOKENS).save(directory / "vocab.txt")
    (directory / "bert_config.json").write_text("{}")
    return directory


def keras_hub_preset(directory, tokenizer):
    (directory / "assets" / "tokenizer").mkdir(parents=True)
    Vocabulary(TOKENS).save(directory / "assets" / "tokenizer" / "vocabulary.txt")
    (directory / "tokenizer.json").write_text(json.dumps(tokenizer))
    return directory


@pytest.mark.parametrize(
    ("name", "lower_case"),
    [("uncased_L-12_H-768_A-12", True), ("cased_L-12_H-768_A-12", False), ("wwm_cased_L-24_H-1024_A-16", False),
     ("multi_cased_L-12_H-768_A-12", False), ("chinese_L-12_H-768_A-12", True)],
)  # fmt: skip
def test_a_release_of_google_tells_its_case_by_its_name(tmp_path, name, lower_case):
    directory = google_release(tmp_path / name)
    for preset in (directory, directory / "bert_model.ckpt"):
        tokenizer = WordPieceTokenizer.from_preset(preset)
        assert (tokenizer.lower_case, tokenizer.vocabulary_size) == (lower_case, 7)


@pytest.mark.parametrize("lower_case", [True, False])
def test_a_preset_of_keras_hub(tmp_path, lower_case):
    keras_hub_preset(tmp_path, {"config": {"lowercase": lower_case}})
    tokenizer = WordPieceTokenizer.from_preset(tmp_path)
    assert tokenizer(["Café"]).to_list() == [[5]] if lower_case else tokenizer(["Cafe"]).to_list() == [[6]]


@pytest.mark.parametrize("content", [{}, {"config": 3}, {"config": {"lowercase": "yes"}}])
def test_a_faulty_file_is_named(tmp_path, content):
    keras_hub_preset(tmp_path, content)
    with pytest.raises(ValueError, match=r"tokenizer.json: "):
        WordPieceTokenizer.from_preset(tmp_path)


def test_a_file_nested_too_deeply_is_named(tmp_path):
    keras_hub_preset(tmp_path, {})
    (tmp_path / "tokenizer.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"tokenizer.json: "):
        WordPieceTokenizer.from_preset(tmp_path)


def test_a_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"vocab.txt"):
        WordPieceTokenizer.from_preset(tmp_path)


def test_a_release_of_google_tells_its_case_from_inside_and_through_a_link(tmp_path, monkeypatch):
    directory = google_release(tmp_path / "cased_L-12_H-768_A-12")
    (tmp_path / "bert").symlink_to(directory)
    assert WordPieceTokenizer.from_preset(tmp_path / "bert").lower_case is False
    monkeypatch.chdir(directory)
    assert WordPieceTokenizer.from_preset(".").lower_case is False


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"[E1]": 7}', r"adds the token '\[E1\]'"), ("[3]", "expected a JSON object"), ("{", "expected JSON")],
)
def test_tokens_beside_the_vocabulary_are_refused(tmp_path, content, message):
    google_release(tmp_path / "preset")
    (tmp_path / "preset" / "added_tokens.json").write_text(content)
    with pytest.raises(ValueError, match=r"added_tokens\.json.*" + message):
        WordPieceTokenizer.from_preset(tmp_path / "preset")


def test_a_folder_without_any_tokenizer_says_what_it_could_hold(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match=r"vocab.txt, .*, vocab.json, .*; it holds config.json."):
        tokenizer_of(tmp_path)
