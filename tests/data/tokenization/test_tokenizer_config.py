import json

import pytest

from bert_keras.data.tokenization.tokenizer_config import read_tokenizer_config, write_tokenizer_config

DEFAULTS = {"lower_case": True, "strip_accents": None, "split_special_tokens": False}


def test_what_is_written_is_read_back(tmp_path):
    options = {"lower_case": False, "strip_accents": True, "split_special_tokens": True}
    write_tokenizer_config(tmp_path / "tokenizer_config.json", **options, model_max_length=128)
    assert read_tokenizer_config(tmp_path / "tokenizer_config.json") == options
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["model_max_length"] == 128


def test_a_missing_file_means_the_defaults_of_transformers(tmp_path):
    assert read_tokenizer_config(tmp_path / "tokenizer_config.json") == DEFAULTS


def test_foreign_fields_are_passed_over_and_paths_are_not_followed(tmp_path):
    config = {
        "do_lower_case": False,
        "mask_token": {"__type": "AddedToken", "content": "[MASK]", "lstrip": False},
        "vocab_file": "/etc/passwd",
        "name_or_path": "../other",
        "auto_map": {"AutoTokenizer": ["code.py", None]},
        "model_max_length": 1000000000000000019884624838656,
        "never_split": None,
        "tokenize_chinese_chars": True,
    }
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert read_tokenizer_config(tmp_path / "tokenizer_config.json") == DEFAULTS | {"lower_case": False}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"do_lower_case": "yes"}', "do_lower_case must be true or false, received 'yes'"),
        ('{"do_lower_case": null}', "do_lower_case must be true or false, received None"),
        ('{"strip_accents": 1}', "strip_accents must be true, false or null, received 1"),
        ('{"tokenize_chinese_chars": false}', "tokenize_chinese_chars must be true"),
        ('{"mask_token": "<mask>"}', r"mask_token must be '\[MASK\]'.* received '<mask>'"),
        ('{"unk_token": {"content": "<unk>"}}', r"unk_token must be '\[UNK\]'"),
        ('{"tokenizer_class": "BertJapaneseTokenizer"}', "tokenizer_class must be a tokenizer of BERT's rules"),
        ('{"word_tokenizer_type": "mecab"}', "word_tokenizer_type must be 'basic'"),
        ('{"subword_tokenizer_type": "character"}', "subword_tokenizer_type must be 'wordpiece'"),
        ('{"added_tokens_decoder": {"30522": {"content": "[E1]"}}}', r"added_tokens_decoder adds the token '\[E1\]'"),
        ('{"extra_special_tokens": ["[unused1]"]}', r"extra_special_tokens adds the token '\[unused1\]'"),
        ('{"added_tokens_decoder": 5}', "added_tokens_decoder must be a list or an object, received 5"),
        ("[]", "expected a JSON object, received list"),
        ("{", "expected JSON in UTF-8"),
        ("[" * 100_000, "expected JSON in UTF-8"),
    ],
)
def test_wrong_types_and_other_rules_are_refused_with_file_and_field(tmp_path, content, message):
    (tmp_path / "tokenizer_config.json").write_text(content)
    with pytest.raises(ValueError, match=r"tokenizer_config\.json: " + message):
        read_tokenizer_config(tmp_path / "tokenizer_config.json")


@pytest.mark.parametrize("name", ["BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast", None])
def test_classes_of_berts_rules_and_its_own_special_tokens_are_read(tmp_path, name):
    added = {"0": {"content": "[PAD]"}, "101": {"content": "[CLS]"}}
    config = {"tokenizer_class": name, "added_tokens_decoder": added, "extra_special_tokens": {}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert read_tokenizer_config(tmp_path / "tokenizer_config.json") == DEFAULTS
