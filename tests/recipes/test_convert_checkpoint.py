"""The conversion recipe as a user runs it: there and back again, with nothing lost on the way."""

import functools
import pathlib

import numpy as np
import pytest
import safetensors.numpy

ROOT = pathlib.Path(__file__).parents[2]
TINY_BERT = ROOT / "tests" / "golden" / "tiny_bert"


@pytest.fixture
def convert(run_recipe):
    return functools.partial(run_recipe, "convert_checkpoint.py")


def test_to_google_and_back_is_bit_equal(convert, tmp_path):
    there = convert(TINY_BERT, "--output", tmp_path / "google", "--format", "google")
    assert "BertPretrainer" in there and "38 weights loaded" in there and "bert_model.ckpt.index" in there
    back = convert(tmp_path / "google", "--output", tmp_path / "back", "--verify")
    assert "weights that differ: none; weights without a place: none" in back
    assert "google: not compared. No library at hand reads" in back
    original, written = (
        safetensors.numpy.load_file(folder / "model.safetensors") for folder in (TINY_BERT, tmp_path / "back")
    )
    assert set(original) == set(written)
    assert all(np.array_equal(original[name], written[name]) for name in original)


@pytest.mark.slow
def test_verification_compares_every_tensor_and_fails_beyond_the_tolerance(convert, tmp_path):
    pytest.importorskip("transformers")
    printed = convert(TINY_BERT, "--output", tmp_path, "--verify")
    assert all(f"  {name} " in printed for name in ("hidden_state_2", "pooled_output", "mlm", "nsp"))
    printed = convert(TINY_BERT, "--output", tmp_path, "--verify", "--tolerance", 1e-9, status=1)
    assert "more than 1e-09" in printed
