"""A small encoder, and predictors on it, for all tests of this room."""

import pytest

from bert_keras.data import WordPieceTokenizer
from bert_keras.inference import Classifier, Embedder
from bert_keras.models import BertEncoder, TextClassifier

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad", "soup", "##s", "the", "a")


@pytest.fixture(scope="session")
def tokenizer():
    return WordPieceTokenizer(list(WORDS))


@pytest.fixture
def new_encoder():
    def make(**options):
        return BertEncoder(len(WORDS), 2, 2, 8, 16, kernel_initializer="glorot_normal", **options)

    return make


@pytest.fixture
def embedder(new_encoder, tokenizer):
    return Embedder(new_encoder(), tokenizer)


@pytest.fixture
def classifier(new_encoder, tokenizer):
    return Classifier(TextClassifier(new_encoder(), 2, labels=("no", "yes")), tokenizer)
