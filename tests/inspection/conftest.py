"""Small models with weights large enough that what they answer hangs on the words."""

import keras
import pytest

from bert_keras.data import WordPieceTokenizer
from bert_keras.inference import Classifier, Embedder
from bert_keras.models import BertEncoder, TextClassifier

TOKENS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "$", "#"),
    *("ada", "lyon", "##s", "met", "in", "good", "bad", "film", ",", ".", "北", "京", "so", "soup", "the"),
)


@pytest.fixture(scope="session")
def tokenizer():
    return WordPieceTokenizer(TOKENS)


@pytest.fixture(scope="session")
def make_encoder():
    def make(num_layers=1, **options):
        keras.utils.set_random_seed(1)
        sizes = {"num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8, "max_sequence_length": 32}
        options = {"vocabulary_size": len(TOKENS), "num_layers": num_layers} | sizes | options
        return BertEncoder(**options, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5))

    return make


@pytest.fixture(scope="session")
def encoder(make_encoder):
    return make_encoder()


@pytest.fixture
def embedder(make_encoder, tokenizer):
    return Embedder(make_encoder(2), tokenizer)


@pytest.fixture
def classifier(make_encoder, tokenizer):
    return Classifier(TextClassifier(make_encoder(2), 2, labels=("no", "yes")), tokenizer)
