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
        ("[]", "expected a JSON object, received list"),
        ("{", "expected JSON in UTF-8"),
        ("[" * 100_000, "expected JSON in UTF-8"),
    ],
)
def test_wrong_types_and_other_rules_are_refused_with_file_and_field(tmp_path, content, message):
    (tmp_path / "tokenizer_config.json").write_text(content)
    with pytest.raises(ValueError, match=r"tokenizer_config\.json: " + message):
        read_tokenizer_config(tmp_path / "tokenizer_config.json")
