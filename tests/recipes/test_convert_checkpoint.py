"""The conversion recipe as a user runs it: there and back again, with nothing lost on the way."""

import functools
import pathlib

import numpy as np
import pytest
import safetensors.numpy

from bert_keras.data import BytePairTokenizer, BytePairVocabulary, WordPieceTokenizer, tokenizer_of
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.inference import Embedder
from bert_keras.models import BertEncoder, TextClassifier

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


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (["--texts", "lines.txt"], "Expected --texts with --verify"),
        (["--max-shard-megabytes", 1, "--format", "google"], "with --format huggingface alone"),
        (["--output", TINY_BERT], "Expected another directory for --output"),
    ],
)
def test_what_would_be_refused_behind_the_work_is_refused_before_it(convert, tmp_path, options, refusal):
    printed = convert(TINY_BERT, "--output", tmp_path / "output", *options, status=1)
    assert refusal in printed and "weights in its encoder" not in printed
    assert not (tmp_path / "output").exists()


@pytest.mark.slow
def test_a_sentence_encoder_stays_one(convert, tmp_path):
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"])
    encoder = BertEncoder(8, 1, 2, 8, 16, max_sequence_length=40, pooler=False)
    settings = dict(pooling="first", normalize=True, sequence_length=6)
    Embedder(encoder, tokenizer, **settings).save_to_preset(tmp_path / "source")
    convert(tmp_path / "source", "--output", tmp_path / "output")
    converted = Embedder.from_preset(tmp_path / "output")
    assert {name: getattr(converted, name) for name in settings} == settings
    printed = convert(tmp_path / "source", "--output", tmp_path / "google", "--format", "google")
    assert "no place for what makes a sentence encoder of it: {'pooling': 'first'" in printed


@pytest.mark.slow
@pytest.mark.parametrize("strip_accents", [None, False])
def test_keras_hubs_tokenizer_cuts_as_ours(convert, tmp_path, strip_accents):
    tokenizer = WordPieceTokenizer(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cafe", "café"], strip_accents=strip_accents
    )
    tokenizer.save_to_preset(tmp_path / "source")
    encoder = BertEncoder(8, 1, 2, 8, 16, activation="gelu_tanh", layer_norm_epsilon=1e-12, attention_dropout=0.1)
    encoder.save_to_preset(tmp_path / "source")
    printed = convert(tmp_path / "source", "--output", tmp_path / "hub", "--format", "keras_hub")
    theirs = pytest.importorskip("keras_hub").models.BertTokenizer.from_preset(str(tmp_path / "hub"))
    assert np.array(theirs("Café")).tolist() == tokenizer("Café").numpy().tolist()
    assert ("KerasHub keeps these accents" in printed) == (strip_accents is False)


@pytest.mark.slow
def test_a_roberta_goes_to_keras_hub_and_back_with_its_byte_pairs(convert, tmp_path):
    hub = pytest.importorskip("keras_hub").models
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *ALPHABET, "an", "<mask>"]
    tokenizer = BytePairTokenizer(BytePairVocabulary(tokens, [("a", "n")]))
    tokenizer.save_to_preset(tmp_path / "source")
    encoder = BertEncoder.from_size(
        "tiny", vocabulary_size=len(tokens), family="roberta", pooler=False, num_layers=1, max_sequence_length=20
    )
    TextClassifier(encoder, num_classes=3).save_to_preset(tmp_path / "source")
    there = convert(tmp_path / "source", "--output", tmp_path / "hub", "--format", "keras_hub", "--verify")
    assert "weights that differ: none; weights without a place: none" in there
    assert "hub  hidden_state_1 " in there and "hub  logits " in there
    assert "KerasHub cuts several spaces in a row" in there
    theirs = hub.RobertaTokenizer.from_preset(str(tmp_path / "hub"))
    assert np.array(theirs("an an")).tolist() == tokenizer("an an").numpy().tolist()
    convert(tmp_path / "hub", "--output", tmp_path / "back")
    assert tokenizer_of(tmp_path / "back")("an an").numpy().tolist() == tokenizer("an an").numpy().tolist()


@pytest.mark.slow
def test_verification_compares_every_tensor_and_fails_beyond_the_tolerance(convert, tmp_path):
    pytest.importorskip("transformers")
    printed = convert(TINY_BERT, "--output", tmp_path, "--verify")
    assert all(f"  {name} " in printed for name in ("hidden_state_2", "pooled_output", "mlm", "nsp"))
    printed = convert(TINY_BERT, "--output", tmp_path, "--verify", "--tolerance", 1e-9, status=1)
    assert "more than 1e-09" in printed
