"""Presets of sentence-transformers: read with their settings, written so that it loads them and gives the same."""

import json
import os
import pathlib
import warnings

import numpy as np
import pytest

from bert_keras.data import Vocabulary, WordPieceTokenizer
from bert_keras.inference import Embedder
from bert_keras.models import BertEncoder

pytestmark = pytest.mark.slow_elsewhere

TEXTS = ["a b", "b a c b a c", "c", "a b c a b c a"]


@pytest.fixture(scope="module")
def embed():
    tokenizer = WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"]))
    encoder = BertEncoder(8, 1, 2, 8, 16, max_sequence_length=40, kernel_initializer="glorot_normal", pooler=False)
    return Embedder(encoder, tokenizer, normalize=True, sequence_length=6)


def test_settings_come_back(embed, tmp_path):
    embed.save_to_preset(tmp_path)
    loaded = Embedder.from_preset(tmp_path)
    assert (loaded.normalize, loaded.sequence_length) == (True, 6)
    np.testing.assert_array_equal(loaded(TEXTS), embed(TEXTS))
    assert Embedder.from_preset(tmp_path, normalize=False).normalize is False


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_the_pooling_comes_back(embed, tmp_path, pooling):
    Embedder(embed.model, embed.tokenizer, pooling=pooling).save_to_preset(tmp_path)
    assert Embedder.from_preset(tmp_path).pooling == pooling


def test_settings_of_a_save_that_was_killed_at_its_end_come_back(embed, tmp_path):
    embed.save_to_preset(tmp_path)
    settings = (tmp_path / "sentence_bert_config.json").read_text()
    (tmp_path / ".sentence_bert_config.json.7.tmp").write_text(settings.replace("6", "5"))
    journal = {"process": 7, "written": ["sentence_bert_config.json"], "removed": []}
    (tmp_path / ".unfinished_files.json").write_text(json.dumps(journal))
    assert Embedder.from_preset(tmp_path).sequence_length == 5


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": False, "pooling_mode_mean_sqrt_len_tokens": True},
            "expected one of mean, cls",
        ),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "expected one of mean, cls"),
        ("modules.json", [{"type": "x.Transformer", "path": ""}, {"type": "x.Dense", "path": ""}], "found .*Dense"),
        ("modules.json", [{"type": "x.Transformer", "path": ""}, {"type": "x.CNN", "path": ""}], "found .*CNN"),
        ("modules.json", [{"type": "x.Transformer", "path": "../x"}, {"type": "x.Pooling", "path": ""}], "at the top"),
        ("modules.json", [{"path": ""}, 3], "modules with type and path"),
        ("modules.json", [], "expected Transformer, Pooling"),
    ],
)
def test_another_pooling_is_refused(embed, tmp_path, file, change, message):
    embed.save_to_preset(tmp_path)
    content = json.loads((tmp_path / file).read_text())
    (tmp_path / file).write_text(json.dumps(change if isinstance(change, list) else content | change))
    with pytest.raises(ValueError, match=message):
        Embedder.from_preset(tmp_path)


def check_against_sentence_transformers(directory, texts):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = sentence_transformers.SentenceTransformer(str(directory), device="cpu").encode(texts)
    ours = Embedder.from_preset(directory)(texts)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    assert (1 - (ours * theirs).sum(axis=1) / lengths).max() < 1e-5
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pooling", "normalize", "prompt"),
    [("mean", True, ""), ("mean", False, ""), ("first", True, ""), ("mean", True, "c ")],
)
def test_sentence_transformers_loads_what_we_write(embed, tmp_path, pooling, normalize, prompt):
    settings = dict(pooling=pooling, normalize=normalize, sequence_length=6, prompt=prompt)
    Embedder(embed.model, embed.tokenizer, **settings).save_to_preset(tmp_path)
    check_against_sentence_transformers(tmp_path, TEXTS)


@pytest.mark.slow
def test_minilm_gives_the_same_vectors_of_a_thousand_sentences():
    """BERT_KERAS_MINILM names all-MiniLM-L6-v2, BERT_KERAS_SENTENCES a file with a sentence a line."""
    if not {"BERT_KERAS_MINILM", "BERT_KERAS_SENTENCES"} <= set(os.environ):
        pytest.skip("BERT_KERAS_MINILM and BERT_KERAS_SENTENCES are not set")
    sentences = pathlib.Path(os.environ["BERT_KERAS_SENTENCES"]).read_text(encoding="utf-8").splitlines()[:1000]
    check_against_sentence_transformers(os.environ["BERT_KERAS_MINILM"], sentences)


def test_a_prompt_stands_before_each_text_and_comes_back(embed, tmp_path):
    asking = Embedder(embed.model, embed.tokenizer, prompt="c a: ", normalize=True, sequence_length=6)
    np.testing.assert_array_equal(asking(TEXTS), embed(["c a: " + text for text in TEXTS]))
    asking.save_to_preset(tmp_path)
    assert Embedder.from_preset(tmp_path).prompt == "c a: "
    embed.save_to_preset(tmp_path)
    assert Embedder.from_preset(tmp_path).prompt == ""


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config_sentence_transformers.json", {"default_prompt_name": "query"}, "prompts has no such text"),
        ("config_sentence_transformers.json", {"prompts": {"query": 3}}, "prompts must map names to texts"),
        ("config_sentence_transformers.json", {"similarity_fn_name": "maxsim"}, "supported: cosine, dot"),
        ("config_sentence_transformers.json", {"truncate_dim": 0}, "truncate_dim must be a whole number above 0"),
        ("sentence_bert_config.json", {"max_seq_length": "256"}, "a whole number of tokens or null, received '256'"),
        ("sentence_bert_config.json", {"max_seq_length": -5}, "a whole number of tokens or null, received -5"),
    ],
)
def test_settings_that_mean_nothing_are_named(embed, tmp_path, file, content, message):
    embed.save_to_preset(tmp_path)
    (tmp_path / file).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        Embedder.from_preset(tmp_path)


def test_the_length_is_that_of_the_tokenizer_where_no_other_is_noted(embed, tmp_path):
    embed.save_to_preset(tmp_path)
    (tmp_path / "sentence_bert_config.json").write_text("{}")
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    for length, expected in ((9, 9), (64, 40), (int(1e30), 40)):
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"model_max_length": length}))
        assert Embedder.from_preset(tmp_path).sequence_length == expected


def test_texts_may_come_from_a_generator(embed):
    np.testing.assert_array_equal(embed(text for text in TEXTS), embed(TEXTS))
