"""Every file of every format, truncated, renamed, blown up or overwritten: each gives an error of its own."""

import pathlib
import shutil

import pytest

from bert_keras.checkpoints import HuggingFaceCheckpoint, open_checkpoint, write_google, write_huggingface
from bert_keras.checkpoints.encoder_shapes import encoder_shapes

TINY_BERT = pathlib.Path(__file__).parents[1] / "golden" / "tiny_bert"


def truncated(content):
    return content[: len(content) // 2]


def one_byte_less(content):
    return content[:-1]


def one_byte_more(content):
    return content + b"\0"


def emptied(content):
    return b""


def overwritten(content):
    return b"\xff" * len(content)


def blown_up(content):
    return content + b" " * 11_000_000


def last_byte_changed(content):
    return content[:-1] + bytes([content[-1] ^ 1])


def renamed(content):
    return None


def read(directory):
    """Open a directory and read all that an encoder wants."""
    checkpoint = open_checkpoint(directory)
    return checkpoint.read(encoder_shapes(checkpoint.encoder_arguments))


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """The same weights in one file, in several, and as a release of Google."""
    folder = tmp_path_factory.mktemp("originals")
    source = HuggingFaceCheckpoint(TINY_BERT)
    arguments = source.encoder_arguments | {"initializer_range": 0.3}
    arrays, _ = source.read(source.shapes)
    write_huggingface(folder / "single", "pretraining", arrays, arguments)
    write_huggingface(folder / "sharded", "pretraining", arrays, arguments, max_shard_bytes=4000)
    pytest.importorskip("tensorflow")
    write_google(folder / "google", arrays, arguments)
    return folder


CONFIGURATION = [
    (truncated, "is not JSON in UTF-8"),
    (emptied, "is not JSON in UTF-8"),
    (overwritten, "is not JSON in UTF-8"),
    (blown_up, "a configuration has at most 10000000"),
]
TENSORS = [
    (truncated, "no sound safetensors file: .*file not fully covered"),
    (one_byte_less, "no sound safetensors file: .*file not fully covered"),
    (one_byte_more, "no sound safetensors file: .*file not fully covered"),
    (emptied, "no sound safetensors file: .*header too small"),
    (overwritten, "no sound safetensors file: .*header too large"),
]


def pointed_to(content):
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:6a\nsize 440449768\n"


TENSORS.append((pointed_to, "is a pointer of Git LFS, not the file itself: run `git lfs pull`"))
SHARD, DATA = "model-00002-of-00004.safetensors", "bert_model.ckpt.data-00000-of-00001"
CASES = [
    *(("single", "config.json", damage, message) for damage, message in CONFIGURATION),
    ("single", "config.json", renamed, "has no config.json; it holds config.json.old, model.safetensors"),
    *(("single", "model.safetensors", damage, message) for damage, message in TENSORS),
    ("single", "model.safetensors", renamed, "has no model.safetensors; it holds config.json, model.safetensors.old"),
    *(("sharded", "model.safetensors.index.json", damage, message) for damage, message in CONFIGURATION),
    ("sharded", "model.safetensors.index.json", renamed, "has no model.safetensors; it holds config.json, model-00001"),
    *(("sharded", SHARD, damage, message) for damage, message in TENSORS),
    ("sharded", SHARD, renamed, f"names the file {SHARD}, which is not there"),
    *(("google", "bert_config.json", damage, message) for damage, message in CONFIGURATION),
    ("google", "bert_config.json", renamed, "has no bert_config.json, which belongs to bert_model.ckpt"),
    ("google", "bert_model.ckpt.index", truncated, "no sound checkpoint of TensorFlow"),
    ("google", "bert_model.ckpt.index", emptied, "no sound checkpoint of TensorFlow"),
    ("google", "bert_model.ckpt.index", overwritten, "no sound checkpoint of TensorFlow"),
    ("google", "bert_model.ckpt.index", renamed, "Expected one checkpoint of TensorFlow in .*, found none"),
    ("google", DATA, truncated, "the bytes of .* are damaged: Read less bytes than requested"),
    ("google", DATA, emptied, "the bytes of .* are damaged"),
    ("google", DATA, overwritten, "the bytes of .* are damaged: .*Checksum does not match"),
    ("google", DATA, renamed, "bert_model.ckpt"),
]


@pytest.mark.parametrize(
    ("form", "file", "damage", "message"), CASES, ids=[f"{case[0]}-{case[1]}-{case[2].__name__}" for case in CASES]
)
def test_each_damage_has_its_error(originals, tmp_path, form, file, damage, message):
    directory = tmp_path / "preset"
    shutil.copytree(originals / form, directory)
    read(directory)
    content = damage((directory / file).read_bytes())
    if content is None:
        (directory / file).rename(directory / f"{file}.old")
    else:
        (directory / file).write_bytes(content)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
        read(directory)
    assert str(directory) in str(error.value)


def test_which_of_two_checkpoints_is_meant_must_be_said(originals, tmp_path):
    shutil.copytree(originals / "google", tmp_path, dirs_exist_ok=True)
    for ending in ("index", "data-00000-of-00001"):
        shutil.copy(tmp_path / f"bert_model.ckpt.{ending}", tmp_path / f"model.ckpt-100.{ending}")
    with pytest.raises(FileNotFoundError, match="found bert_model.ckpt, model.ckpt-100. Give the path of one"):
        read(tmp_path)
    assert not read(tmp_path / "model.ckpt-100")[1].new


def test_a_folder_of_an_adapter_says_how_to_merge_it(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"has no config.json; it holds .*PEFT.*merge_and_unload\(\)"):
        read(tmp_path)


def test_the_folder_inside_one_of_the_first_sentence_transformers_is_named(originals, tmp_path):
    shutil.copytree(originals / "single", tmp_path / "0_Transformer")
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(FileNotFoundError, match="Its encoder is in .*0_Transformer: give that folder"):
        read(tmp_path)
    assert not read(tmp_path / "0_Transformer")[1].new
