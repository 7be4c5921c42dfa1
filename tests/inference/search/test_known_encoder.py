"""An index knows its encoder again: by weights and settings, where it is an `Embedder`."""

import numpy as np
import pytest

from bert_keras.data import Vocabulary, WordPieceTokenizer
from bert_keras.inference import Embedder
from bert_keras.inference.search import Index
from bert_keras.models import BertEncoder


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "mat"]))


def an_encoder(of=None, dtype=None, change=1.0):
    """A small encoder; the weights of another one, its kernels times a factor."""
    encoder = BertEncoder(8, 1, 2, 8, 16, max_sequence_length=40, pooler=False, dtype=dtype)
    for ours, theirs in zip(encoder.weights, (of or encoder).weights):
        ours.assign(np.asarray(theirs, "float32") * (change if "kernel" in ours.path else 1.0))
    return encoder


@pytest.fixture(scope="module")
def encoder():
    encoder = an_encoder()
    for seed, weight in enumerate(encoder.weights):
        weight.assign(np.random.default_rng(seed).normal(0.3, 0.5, weight.shape))
    return encoder


@pytest.fixture(scope="module")
def folder(encoder, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    Index.build(folder, ["a cat", "a mat"], Embedder(encoder, tokenizer))
    return folder


def said(caplog):
    return " ".join(record.getMessage() for record in caplog.records if record.name.endswith("known_encoder"))


def test_an_encoder_that_was_trained_further_is_refused(encoder, tokenizer, folder):
    with pytest.raises(ValueError, match="its weights are others"):
        Index.load(folder, Embedder(an_encoder(encoder, change=1.03), tokenizer))


def test_texts_are_not_added_by_an_encoder_that_was_trained_since(encoder, tokenizer, tmp_path):
    trained = an_encoder(encoder)
    index = Index.build(tmp_path, ["a cat"], Embedder(trained, tokenizer))
    trained.set_weights([weight * 1.03 if weight.ndim > 1 else weight for weight in trained.get_weights()])
    with pytest.raises(ValueError, match="its weights are others"):
        index.add([("b", "a mat")])
    assert len(index) == 1


def test_weights_that_change_no_vector_are_taken_and_told(encoder, tokenizer, folder, caplog):
    Index.load(folder, Embedder(encoder, tokenizer))
    assert not said(caplog)
    Index.load(folder, Embedder(an_encoder(encoder, change=1 + 1e-5), tokenizer))
    assert "other weights of the encoder" in said(caplog)


def test_the_same_weights_in_half_precision_are_the_same_encoder(encoder, tokenizer, folder, caplog):
    for dtype in ("bfloat16", "mixed_bfloat16"):
        Index.load(folder, Embedder(an_encoder(encoder, dtype=dtype), tokenizer))
    assert not said(caplog)


def test_another_length_or_prompt_is_refused(encoder, tokenizer, folder):
    with pytest.raises(ValueError, match=r"built with sequence_length=40 of the encoder, and this one has 16"):
        Index.load(folder, Embedder(encoder, tokenizer, sequence_length=16))
    with pytest.raises(ValueError, match=r"built with prompt='' of the encoder, and this one has 'a '"):
        Index.load(folder, Embedder(encoder, tokenizer, prompts={"document": "a "}))
    queries = {"query": "a "}
    assert len(Index.load(folder, Embedder(encoder, tokenizer, prompts=queries))) == 2
    ask = Embedder(encoder, tokenizer, sequence_length=16)
    assert len(Index.load(folder, Embedder(encoder, tokenizer), query_encoder=ask)) == 2


def test_a_function_that_gives_nearly_the_same_is_taken_and_told(tmp_path, caplog):
    def vectors_of(texts, share=0.0):
        return np.random.default_rng(0).normal(size=(len(texts), 9)) + share * np.arange(9)

    Index.build(tmp_path, ["a cat"], vectors_of)
    Index.load(tmp_path, vectors_of)
    assert not said(caplog)
    Index.load(tmp_path, lambda texts: vectors_of(texts, 0.005))
    assert "no weights to know the encoder by" in said(caplog)
    with pytest.raises(ValueError, match="another encoder"):
        Index.load(tmp_path, lambda texts: vectors_of(texts, 1.0))
