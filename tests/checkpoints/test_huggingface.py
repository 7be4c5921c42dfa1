import json
import pathlib
import shutil

import numpy as np
import pytest
import safetensors.numpy

from bert_keras.checkpoints import HuggingFaceCheckpoint, LoadReport, write_huggingface
from bert_keras.checkpoints.huggingface_names import encoder_rows, head_rows

TINY_BERT = pathlib.Path(__file__).parents[1] / "golden" / "tiny_bert"


@pytest.fixture
def directory(tmp_path):
    """A copy of the golden directory, to be spoiled."""
    for name in ("config.json", "model.safetensors"):
        shutil.copy(TINY_BERT / name, tmp_path / name)
    return tmp_path


def all_shapes(directory):
    """The shapes that the file itself has, by canonical name."""
    arrays = safetensors.numpy.load_file(directory / "model.safetensors")
    arrays = {name.removeprefix("bert."): array for name, array in arrays.items()}
    rows = [
        row for row in encoder_rows(2) + head_rows("BertForPreTraining") if all(name in arrays for name in row.theirs)
    ]
    return {row.ours: row.shape([arrays[name].shape for name in row.theirs]) for row in rows}


def rename(directory, function):
    """Write the file once more, each tensor under function(name, array), a dict."""
    arrays = safetensors.numpy.load_file(directory / "model.safetensors")
    renamed = {}
    for name, array in arrays.items():
        renamed |= function(name, array)
    safetensors.numpy.save_file(renamed, directory / "model.safetensors")


def read_all(directory):
    return HuggingFaceCheckpoint(directory).read(all_shapes(TINY_BERT))


def test_queries_keys_and_values_are_one_weight_and_kernels_lie_the_keras_way(directory):
    theirs = safetensors.numpy.load_file(directory / "model.safetensors")
    arrays, report = read_all(directory)
    kernel = arrays["encoder_block_1/attention/query_key_value/kernel"]
    assert kernel.shape == (12, 36)
    for index, part in enumerate(("query", "key", "value")):
        stored = theirs[f"bert.encoder.layer.1.attention.self.{part}.weight"]
        np.testing.assert_array_equal(kernel[:, 12 * index : 12 * index + 12], stored.T)
    np.testing.assert_array_equal(
        arrays["encoder_block_0/feed_forward/intermediate/kernel"],
        theirs["bert.encoder.layer.0.intermediate.dense.weight"].T,
    )
    assert len(report.loaded) == len(arrays) == 38
    assert report.new == report.unused == ()


@pytest.mark.parametrize(
    "function",
    [
        lambda name, array: {name.removeprefix("bert."): array},
        lambda name, array: {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): array
        },
        lambda name, array: {name: array} | ({"cls.predictions.decoder.weight": array} if "word_emb" in name else {}),
        lambda name, array: (
            {name: array} | ({"cls.predictions.decoder.bias": array} if name == "cls.predictions.bias" else {})
        ),
        lambda name, array: {name: array, "bert.embeddings.position_ids": np.arange(16)[None]},
    ],
    ids=["no prefix", "gamma and beta", "decoder stored", "decoder's bias stored", "position ids stored"],
)
def test_all_ways_of_naming_give_the_same_weights(directory, function):
    expected, _ = read_all(directory)
    rename(directory, function)
    arrays, report = read_all(directory)
    assert report.new == report.unused == ()
    assert all(np.array_equal(arrays[name], expected[name]) for name in expected)


def test_an_untied_decoder_is_refused(directory):
    rename(
        directory,
        lambda name, array: (
            {name: array} | ({"cls.predictions.decoder.weight": array + 1} if "word_emb" in name else {})
        ),
    )
    with pytest.raises(ValueError, match="cls.predictions.decoder.weight differs from bert.embeddings.word_embeddings"):
        read_all(directory)


def test_one_weight_under_two_names_is_refused(directory):
    rename(directory, lambda name, array: {name: array, name.removeprefix("bert."): array})
    with pytest.raises(ValueError, match="are the same weight"):
        HuggingFaceCheckpoint(directory)


def test_what_is_new_and_what_is_unused_is_named(directory):
    rename(directory, lambda name, array: {name: array, "lm.extra": array[..., :1]} if "pooler" not in name else {})
    _, report = read_all(directory)
    assert report.new == ("pooler/dense/kernel", "pooler/dense/bias")
    assert report.unused == ("lm.extra",)
    assert str(report).endswith(
        "36 weights loaded; 2 new, with initial values: pooler/dense/kernel, pooler/dense/bias; "
        "1 in the file unused: lm.extra"
    )


def test_a_weight_of_another_shape_names_tensor_and_shapes_and_file(directory):
    shapes = all_shapes(directory) | {"encoder_block_0/attention/query_key_value/kernel": (12, 30)}
    with pytest.raises(ValueError) as error:
        HuggingFaceCheckpoint(directory).read(shapes)
    for part in (
        "encoder_block_0/attention/query_key_value/kernel",
        "(12, 30)",
        "(12, 36)",
        "layer.0.attention.self.key",
        "model.safetensors",
    ):
        assert part in str(error.value)


def test_integers_are_no_weights(directory):
    rename(directory, lambda name, array: {name: array.astype("int32") if name == "cls.predictions.bias" else array})
    with pytest.raises(ValueError, match="masked_lm_head/bias .* I32"):
        read_all(directory)


def test_no_tensor_is_read_before_all_shapes_fit(directory, monkeypatch):
    checkpoint = HuggingFaceCheckpoint(directory)
    read = []
    monkeypatch.setattr(np, "fromfile", read.append)
    with pytest.raises(ValueError, match="masked_lm_head/bias"):
        checkpoint.read(all_shapes(directory) | {"masked_lm_head/bias": (31,)})
    assert not read


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "has no config.json; it holds nothing"),
        (("config.json",), "has no model.safetensors; it holds config.json"),
        (("config.json", "model.safetensors.index.json"), "Weights in several files"),
        (("config.json", "pytorch_model.bin"), "may run any code when it is read"),
    ],
)
def test_a_missing_file_is_named(tmp_path, files, message):
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(FileNotFoundError, match=message):
        HuggingFaceCheckpoint(tmp_path)


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no directory .*nowhere"):
        HuggingFaceCheckpoint(tmp_path / "nowhere")


def test_writing_and_reading_are_inverse(directory, tmp_path):
    checkpoint = HuggingFaceCheckpoint(directory)
    arrays, _ = checkpoint.read(all_shapes(directory))
    arguments = checkpoint.config.encoder_arguments | {"initializer_range": 0.3}
    write_huggingface(tmp_path / "again", "BertForPreTraining", arrays, arguments)
    original, written = (
        safetensors.numpy.load_file(folder / "model.safetensors") for folder in (TINY_BERT, tmp_path / "again")
    )
    assert set(written) == set(original)
    assert all(np.array_equal(written[name], original[name]) for name in original)
    fields = json.loads((tmp_path / "again" / "config.json").read_text())
    golden = json.loads((TINY_BERT / "config.json").read_text())
    assert {name for name, value in fields.items() if golden.get(name) != value} == set()


def test_weights_without_a_place_are_refused(tmp_path, directory):
    checkpoint = HuggingFaceCheckpoint(directory)
    arrays, _ = checkpoint.read(all_shapes(directory))
    arguments = checkpoint.config.encoder_arguments | {"initializer_range": 0.3}
    with pytest.raises(ValueError, match="BertModel of transformers has no place for .*masked_lm_head/bias"):
        write_huggingface(tmp_path / "again", "BertModel", arrays, arguments)


def test_a_report_of_nothing_new_is_short():
    assert str(LoadReport("x.safetensors", loaded=("a", "b"))) == "x.safetensors: 2 weights loaded"
