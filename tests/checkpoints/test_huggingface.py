import contextlib
import itertools
import json
import os
import pathlib
import shutil

import numpy as np
import pytest
import safetensors.numpy

from bert_keras.checkpoints import HuggingFaceCheckpoint, LoadReport, open_checkpoint, write_huggingface
from bert_keras.checkpoints.families import BERT, rows
from bert_keras.checkpoints.huggingface_names import SPELLING, head_rows
from bert_keras.checkpoints.safetensors_shards import INDEX_FILE

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
    table = rows(BERT.encoder(2), "huggingface", SPELLING) + head_rows(BERT, "BertForPreTraining")
    found = [row for row in table if all(name in arrays for name in row.theirs)]
    return {row.ours: row.shape([arrays[name].shape for name in row.theirs]) for row in found}


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
        lambda name, array: {"cls.predictions.decoder.weight" if "word_emb" in name else name: array},
        lambda name, array: {"cls.predictions.decoder.bias" if name == "cls.predictions.bias" else name: array},
        lambda name, array: {f"module.{name}": array},
        lambda name, array: {f"module.{name.removeprefix('bert.')}": array},
        lambda name, array: {f"_orig_mod.module.{name}": array},
        lambda name, array: {f"model.{name}": array},
        lambda name, array: {f"bert.{name}": array},
        lambda name, array: {f"module.bert.{name}": array},
        lambda name, array: {name.replace("intermediate.dense.", "intermediate.dense_act."): array},
        lambda name, array: {name: array.astype("float64")},
    ],
    ids=[
        "no prefix", "gamma and beta", "decoder stored", "decoder's bias stored", "position ids stored",
        "decoder only", "decoder's bias only", "DataParallel", "DataParallel of an encoder", "torch.compile",
        "Lightning", "doubled", "doubled in DataParallel", "NVIDIA's", "double precision",
    ],
)  # fmt: skip
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


def test_a_head_with_weights_of_its_own_does_not_hinder_the_encoder(directory):
    fields = json.loads((directory / "config.json").read_text()) | {"tie_word_embeddings": False}
    (directory / "config.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match="lacks cls.predictions.decoder.weight, and by tie_word_embeddings"):
        read_all(directory)
    shapes = {name: shape for name, shape in all_shapes(TINY_BERT).items() if not name.startswith("masked_lm")}
    assert set(HuggingFaceCheckpoint(directory).read(shapes)[0]) == set(shapes)


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
        (("config.json", "pytorch_model.bin"), "can run any code.* python -c '.*weights_only=True.*pytorch_model.bin"),
        (("config.json", "tf_model.h5"), "has no model.safetensors; .*from_pretrained"),
    ],
)
def test_a_missing_file_is_named(tmp_path, files, message):
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(FileNotFoundError, match=message):
        HuggingFaceCheckpoint(tmp_path)


def test_a_checkpoint_without_its_table_of_tokens_is_refused_before_its_rows_are_allocated(directory):
    rename(directory, lambda name, array: {} if name.endswith("word_embeddings.weight") else {name: array})
    config = json.loads((directory / "config.json").read_text()) | {"vocab_size": 10**10}
    (directory / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="has no weight embeddings/token_embedding/embeddings, as every BERT does"):
        open_checkpoint(directory)


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no directory .*nowhere"):
        HuggingFaceCheckpoint(tmp_path / "nowhere")


def write_shards(directory, max_shard_bytes):
    checkpoint = HuggingFaceCheckpoint(TINY_BERT)
    arrays, _ = checkpoint.read(all_shapes(TINY_BERT))
    arguments = checkpoint.encoder_arguments | {"initializer_range": 0.3}
    write_huggingface(directory, "pretraining", arrays, arguments, max_shard_bytes=max_shard_bytes)
    return arrays


def test_weights_may_lie_in_several_files(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"of an earlier model")
    arrays = write_shards(tmp_path, 4000)
    names = sorted(path.name for path in tmp_path.iterdir())
    shards = [f"model-{i:05}-of-00004.safetensors" for i in range(1, 5)]
    assert names == ["config.json", *shards, INDEX_FILE]
    index = json.loads((tmp_path / INDEX_FILE).read_text())
    assert index["metadata"] == {"total_size": 4 * sum(array.size for array in arrays.values())}
    for name in shards:
        sizes = [array.nbytes for array in safetensors.numpy.load_file(tmp_path / name).values()]
        assert sum(sizes) <= 4000 or len(sizes) == 1
    again, report = HuggingFaceCheckpoint(tmp_path).read(all_shapes(TINY_BERT))
    assert report.source.endswith(INDEX_FILE) and report.new == report.unused == ()
    assert all(np.array_equal(again[name], array) for name, array in arrays.items())


@pytest.mark.parametrize("before", [None, 4000], ids=["one file before", "several before"])
@pytest.mark.parametrize("after", [None, 4000], ids=["one file after", "several after"])
def test_a_save_killed_at_any_point_leaves_the_old_preset_or_the_new(tmp_path, monkeypatch, before, after):
    source = HuggingFaceCheckpoint(TINY_BERT)
    old, _ = source.read(source.shapes)
    new = {name: array + 1 for name, array in old.items()}
    old_arguments = source.encoder_arguments | {"initializer_range": 0.3}
    new_arguments = old_arguments | {"layer_norm_epsilon": 1e-3}  # of which the shapes say nothing
    steps = []

    def counting(function):
        def step(*arguments, **options):
            if len(steps) >= last:  # from here on nothing reaches the disk, no cleaning up either
                raise KeyboardInterrupt
            steps.append(function)
            return function(*arguments, **options)

        return step

    found = set()
    for last in itertools.count():
        directory = tmp_path / str(last)
        write_huggingface(directory, "pretraining", old, old_arguments, max_shard_bytes=before)
        steps.clear()
        is_killed = True
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            for name in ("replace", "unlink"):
                patch.setattr(os, name, counting(getattr(os, name)))
            write_huggingface(directory, "pretraining", new, new_arguments, max_shard_bytes=after)
            is_killed = False
        checkpoint = open_checkpoint(directory)
        arrays, _ = checkpoint.read(source.shapes)
        is_new = checkpoint.encoder_arguments["layer_norm_epsilon"] == 1e-3
        assert all(np.array_equal(arrays[name], (new if is_new else old)[name]) for name in old)
        found.add(is_new)
        if not is_killed:
            break
    assert found == {False, True}
    assert len(list(directory.iterdir())) == (2 if after is None else 6)  # nothing is left of the old ones


@pytest.mark.parametrize("place", ["../model.safetensors", "/etc/x.safetensors", "a/b.safetensors", ".x.safetensors",
                                   "..\\x.safetensors", "x.bin", 7, None])  # fmt: skip
def test_an_index_leads_nowhere_else(tmp_path, place):
    write_shards(tmp_path, 4000)
    index = json.loads((tmp_path / INDEX_FILE).read_text())
    index["weight_map"]["cls.predictions.bias"] = place
    (tmp_path / INDEX_FILE).write_text(json.dumps(index))
    with pytest.raises(ValueError, match="'cls.predictions.bias' is said to be in .*in the same directory"):
        HuggingFaceCheckpoint(tmp_path)


def test_an_index_and_its_files_must_agree(tmp_path):
    write_shards(tmp_path, 4000)
    index = json.loads((tmp_path / INDEX_FILE).read_text())
    del index["weight_map"]["cls.predictions.bias"]
    (tmp_path / INDEX_FILE).write_text(json.dumps(index))
    with pytest.raises(ValueError, match=r"do not agree: missing \[\], not in the index \['cls.predictions.bias'\]"):
        HuggingFaceCheckpoint(tmp_path)
    (tmp_path / "model-00002-of-00004.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="names the file model-00002-of-00004.safetensors, which is not there"):
        HuggingFaceCheckpoint(tmp_path)
    (tmp_path / INDEX_FILE).write_text("{}")
    with pytest.raises(ValueError, match="weight_map must say"):
        HuggingFaceCheckpoint(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "vocab_size",
            31,
            r"token_embedding/embeddings must have the shape \(31, 12\) by .*config.json, found \(30, 12\)",
        ),
        ("intermediate_size", 10**9, r"intermediate/kernel must have the shape \(12, 1000000000\) by .*config.json"),
        ("num_hidden_layers", 10**9, "tensors, too few for the 1000000000 layers"),
    ],
)
def test_a_configuration_of_another_model_is_refused_before_that_is_built(directory, field, value, message):
    fields = json.loads((directory / "config.json").read_text()) | {field: value}
    (directory / "config.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=message):
        HuggingFaceCheckpoint(directory)


def test_writing_and_reading_are_inverse(directory, tmp_path):
    checkpoint = HuggingFaceCheckpoint(directory)
    arrays, _ = checkpoint.read(all_shapes(directory))
    arguments = checkpoint.config.encoder_arguments | {"initializer_range": 0.3}
    write_huggingface(tmp_path / "again", "pretraining", arrays, arguments)
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
        write_huggingface(tmp_path / "again", "encoder", arrays, arguments)


def test_a_report_of_nothing_new_is_short():
    assert str(LoadReport("x.safetensors", loaded=("a", "b"))) == "x.safetensors: 2 weights loaded"


@pytest.mark.parametrize("called", ["text_encoder", "model"])
def test_what_stands_beside_an_encoder_in_somebodys_own_model_is_no_head_that_we_know(directory, called):
    rename(directory, lambda name, array: {name.replace("bert.", f"{called}.", 1): array})
    checkpoint = HuggingFaceCheckpoint(directory)
    assert not [name for name in checkpoint.shapes if "head" in name]
    _, report = checkpoint.read(all_shapes(TINY_BERT))
    assert "cls.predictions.bias" in report.unused and "masked_lm_head/bias" in report.new


def test_one_of_several_encoders_must_be_the_one_that_is_meant(directory):
    rename(directory, lambda name, array: {f"{who}.{name}": array for who in ("teacher", "student")})
    with pytest.raises(ValueError, match=r"several encoders: (student.bert, teacher|teacher.bert, student)"):
        HuggingFaceCheckpoint(directory)
    shutil.copy(TINY_BERT / "model.safetensors", directory / "model.safetensors")
    rename(directory, lambda name, array: {name: array, f"teacher.{name}": array + 1})
    expected = HuggingFaceCheckpoint(TINY_BERT).read(all_shapes(TINY_BERT))[0]
    arrays, report = read_all(directory)
    assert report.new == () and report.unused[0].startswith("teacher.")
    assert all(np.array_equal(arrays[name], expected[name]) for name in expected)


def test_a_tensor_of_another_type_that_nobody_uses_is_reported_and_left(directory):
    rename(directory, lambda name, array: {name: array} | ({"mask": array > 0} if "word_emb" in name else {}))
    arrays, report = read_all(directory)
    assert report.new == () and report.unused == ("mask",)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("pytorch_model.bin", "A .bin file is a pickle.*torch.load.*pytorch_model.bin .*model.safetensors"),
        ("weights.pt", "A .pt file is a pickle.*weights.pt .*model.safetensors"),
        ("tf_model.h5", r"tf_model.h5 is converted by transformers 4.*from_tf=True"),
        ("flax_model.msgpack", r"flax_model.msgpack is converted by transformers 4.*from_flax=True"),
        ("other.safetensors", "Rename other.safetensors to model.safetensors"),
        ("pytorch_model-00001-of-00002.bin", "pytorch_model-00001-of-00002.bin .*model.safetensors"),
    ],
)
def test_weights_of_another_format_are_refused_with_the_way_to_convert_them(directory, file, message):
    (directory / "model.safetensors").rename(directory / file)
    (directory / "training_args.bin").touch()
    with pytest.raises(FileNotFoundError, match=message):
        HuggingFaceCheckpoint(directory)
