import pathlib
import sys
import types

import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.data import WordPieceTokenizer
from bert_keras.inference import Embedder
from bert_keras.models import BertEncoder
from bert_keras.preset_location import KERAS_HUB_PRESETS, locate_preset


def stand_in(monkeypatch, name, function, answer):
    """A package whose one function answers, or fails as without a network, and remembers what it was asked."""
    asked = []

    def call(*arguments, **options):
        asked.append((arguments, options))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(**{function: call}))
    return asked


def test_a_path_is_given_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "preset").mkdir(parents=True)
    assert locate_preset("runs/preset") == "runs/preset"
    (tmp_path / "bert_model.ckpt.index").touch()
    assert locate_preset(tmp_path / "bert_model.ckpt") == str(tmp_path / "bert_model.ckpt")


@pytest.mark.parametrize(
    ("preset", "meant"),
    [
        ("bert-base-uncased", "hf://google-bert/bert-base-uncased"),
        ("bert-large-cased-whole-word-masking", "hf://google-bert/bert-large-cased-whole-word-masking"),
        ("google-bert/bert-base-uncased", "hf://google-bert/bert-base-uncased"),
        ("https://huggingface.co/hfl/chinese-bert-wwm/", "hf://hfl/chinese-bert-wwm"),
        ("bert_base_uncased", "bert_base_en_uncased"),
        ("bge-small-en", "bge_small_en"),
        ("runs/prset", "runs/preset"),
        ("/nowhere", None),
    ],
)
def test_a_path_that_is_not_there_is_refused_with_what_may_be_meant(tmp_path, monkeypatch, preset, meant):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "preset").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="A preset is a directory.*hf://.*a name of KerasHub's") as refusal:
        locate_preset(preset)
    assert str(refusal.value).endswith(f"Did you mean {meant}?" if meant else "bert_base_en_uncased.")


def test_a_runs_directory_is_not_its_preset(tmp_path):
    (tmp_path / "preset").mkdir()
    with pytest.raises(FileNotFoundError, match="Did you mean .*preset[?]"):
        locate_preset(tmp_path)
    (tmp_path / "vocab.txt").touch()
    assert locate_preset(tmp_path) == str(tmp_path)


@pytest.mark.parametrize("load", [BertEncoder.from_preset, WordPieceTokenizer.from_preset, Embedder.from_preset])
def test_model_tokenizer_and_predictor_refuse_a_wrong_name_alike(load):
    with pytest.raises(FileNotFoundError, match="Did you mean hf://google-bert/bert-base-chinese[?]"):
        load("bert-base-chinese")


@pytest.mark.parametrize(("name", "revision"), [("google/bert", None), ("google/bert@abc123", "abc123")])
def test_hugging_face_is_asked_for_what_is_read_and_no_more(monkeypatch, name, revision):
    asked = stand_in(monkeypatch, "huggingface_hub", "snapshot_download", "/cache/bert")
    assert locate_preset(f"hf://{name}") == locate_preset(pathlib.Path(f"hf://{name}")) == "/cache/bert"
    ((repository,), options), again = asked
    assert again == asked[0]
    assert (repository, options["revision"]) == ("google/bert", revision)
    assert not any(pattern.endswith((".bin", ".py", ".h5", ".msgpack")) for pattern in options["allow_patterns"])


def test_a_name_of_keras_hub_goes_to_kaggle_by_its_version(monkeypatch, tmp_path):
    asked = stand_in(monkeypatch, "kagglehub", "model_download", "/cache/tiny")
    monkeypatch.chdir(tmp_path)
    assert locate_preset("bert_tiny_en_uncased") == "/cache/tiny"
    assert asked == [(("keras/bert/keras/bert_tiny_en_uncased/3",), {})]
    (tmp_path / "bert_tiny_en_uncased").mkdir()
    assert locate_preset("bert_tiny_en_uncased") == "bert_tiny_en_uncased"


def test_the_table_is_that_of_keras_hub():
    models = pytest.importorskip("keras_hub").models
    prefixes = [family.keras_hub.prefix for family in FAMILIES.values() if family.keras_hub]
    presets = {}
    for prefix in prefixes:
        presets |= getattr(models, f"{prefix}Backbone").presets
    theirs = {name: preset["kaggle_handle"].removeprefix("kaggle://") for name, preset in presets.items()}
    assert {name: theirs.get(name) for name in KERAS_HUB_PRESETS} == KERAS_HUB_PRESETS
    assert set(theirs) - set(KERAS_HUB_PRESETS) == {"multilingual_e5_small"}  # SentencePiece


@pytest.mark.parametrize(
    ("preset", "package", "function", "parts"),
    [
        (
            "hf://google/bert@v1",
            "huggingface_hub",
            "snapshot_download",
            ("model.safetensors and vocab.txt by hand", "https://huggingface.co/google/bert/tree/v1"),
        ),
        (
            "bert_base_en",
            "kagglehub",
            "model_download",
            ("model.weights.h5 and assets", "https://www.kaggle.com/models/keras/bert/keras/bert_base_en/3"),
        ),
    ],
)
def test_without_a_network_the_files_to_bring_are_named(monkeypatch, preset, package, function, parts):
    stand_in(monkeypatch, package, function, OSError("Name or service not known\nlong story"))
    with pytest.raises(ConnectionError) as error:
        locate_preset(preset)
    assert "OSError: Name or service not known)" in str(error.value)
    assert all(part in str(error.value) for part in parts)


@pytest.mark.parametrize("name", ["bert", "a/b/c", "../../etc", "a b/c"])
def test_what_names_no_repository_is_refused(name):
    with pytest.raises(ValueError, match="Expected hf://organisation/name"):
        locate_preset(f"hf://{name}")


@pytest.mark.parametrize("package", ["huggingface_hub", "kagglehub"])
def test_the_packages_themselves_fail_as_expected_offline(monkeypatch, tmp_path, package):
    pytest.importorskip(package)
    import socket

    def refuse(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    name = "hf://nobody/never-was-there" if package == "huggingface_hub" else "bert_large_en"
    with pytest.raises(ConnectionError, match="by hand"):
        locate_preset(name)
