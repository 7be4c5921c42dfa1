"""A small vocabulary and corpus whose tokens say where they come from: `d3x7` is word 7 of document 3."""

import pytest

from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

NUM_DOCUMENTS, NUM_WORDS = 6, 60


@pytest.fixture(scope="session")
def vocabulary():
    words = [f"d{document}x{word}" for document in range(NUM_DOCUMENTS) for word in range(NUM_WORDS)]
    letters = list("abcdefghijklmnopqrstuvwxyz")
    return Vocabulary([*SPECIAL_TOKENS, ".", "[", "]", "sep", "mask", *letters, *(f"##{x}" for x in letters), *words])


@pytest.fixture(scope="session")
def tokenizer(vocabulary):
    return WordPieceTokenizer(vocabulary)


@pytest.fixture(scope="session")
def documents():
    """Documents of 12 sentences of 5 words and a stop: 72 tokens each."""
    return [
        " ".join(
            " ".join(f"{'D' if word % 5 == 0 else 'd'}{document}x{word}" for word in range(begin, begin + 5)) + "."
            for begin in range(0, NUM_WORDS, 5)
        )
        for document in range(NUM_DOCUMENTS)
    ]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, documents, tokenizer):
    """The documents as a prepared corpus: 24 passages of 18 tokens in shards of 7, 7, 7 and 3."""
    directory = tmp_path_factory.mktemp("corpus")
    prepare_corpus(iter(documents), directory, tokenizer, passage_tokens=13, records_per_shard=7)
    return directory
