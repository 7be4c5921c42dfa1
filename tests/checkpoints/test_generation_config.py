"""Options of decoding beside a model mean in transformers what they mean here."""

import json
import logging

import pytest

from bert_keras.checkpoints.generation_config import read_generation_config, write_generation_config


@pytest.mark.parametrize(
    "options",
    [
        {"max_new_tokens": 9, "num_beams": 4, "length_penalty": 0.5, "num_results": 2, "no_repeat_ngram": 3},
        {"min_new_tokens": 2, "temperature": 0.7, "top_k": None, "top_p": 0.9},
        {"temperature": 1.0, "top_k": 5, "top_p": 1.0},
    ],
)
def test_what_is_written_is_read(tmp_path, options):
    write_generation_config(tmp_path, options | {"stop_token_ids": 3})
    assert json.loads((tmp_path / "generation_config.json").read_text())["eos_token_id"] == 3
    assert read_generation_config(tmp_path) == options  # a text ends at the tokenizer's end token


def test_a_preset_without_options_has_none(tmp_path):
    assert read_generation_config(tmp_path) == {}


@pytest.mark.parametrize(
    ("noted", "options", "said"),
    [
        ({"do_sample": True, "_from_model_config": True}, {"temperature": 1.0, "top_k": 50, "top_p": 1.0}, ""),
        ({"temperature": 0.6, "top_k": 3, "repetition_penalty": 1.0}, {}, ""),  # nothing is drawn
        ({"repetition_penalty": 1.2, "num_beams": 2}, {"num_beams": 2}, "repetition_penalty 1.2: not applied"),
        ({"do_sample": True, "num_beams": 2}, {"num_beams": 2}, "beams that are drawn: not applied"),
    ],
)
def test_what_transformers_does_alone_is_said(tmp_path, caplog, noted, options, said):
    (tmp_path / "generation_config.json").write_text(json.dumps(noted))
    with caplog.at_level(logging.WARNING):
        assert read_generation_config(tmp_path) == options
    assert said in caplog.text and bool(said) == bool(caplog.text)


def test_transformers_reads_what_is_written(tmp_path, caplog):
    transformers = pytest.importorskip("transformers")
    options = {"temperature": 0.5, "num_results": 2, "max_new_tokens": 7, "prompt_tokens_only": True}
    with caplog.at_level(logging.WARNING):
        write_generation_config(tmp_path, options)
    assert "prompt_tokens_only: transformers has no such options" in caplog.text
    found = transformers.GenerationConfig.from_pretrained(tmp_path)
    assert (found.do_sample, found.temperature, found.top_k, found.num_return_sequences) == (True, 0.5, 0, 2)
