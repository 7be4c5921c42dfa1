import numpy as np
import pytest

from bert_keras.data.corpus.cooccurrence import cooccurrence_vectors
from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

ANIMALS, VERBS, PLACES = ["cat", "dog", "cow"], ["sleeps", "eats", "waits"], ["garden", "house", "field"]
WORDS = ["the", "in", ".", *ANIMALS, *VERBS, *PLACES]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    random = np.random.default_rng(0)
    sentence = "the {} {} in the {} ."
    texts = (
        " ".join(sentence.format(*(random.choice(words) for words in (ANIMALS, VERBS, PLACES))) for _ in range(50))
        for _ in range(20)
    )
    vocabulary = Vocabulary([*SPECIAL_TOKENS, *WORDS])
    directory = tmp_path_factory.mktemp("animals")
    prepare_corpus(texts, directory, WordPieceTokenizer(vocabulary), passage_tokens=13)
    return directory, vocabulary


def test_words_of_one_kind_are_closer_to_each_other_than_to_any_other(corpus):
    directory, vocabulary = corpus
    vectors = cooccurrence_vectors(directory, vocabulary, embedding_dim=6)
    of_word = dict(zip(vocabulary.tokens, vectors, strict=True))
    for kind in (ANIMALS, VERBS, PLACES):
        within = min(of_word[a] @ of_word[b] for a in kind for b in kind)
        across = max(of_word[a] @ of_word[b] for a in kind for b in WORDS if b not in kind)
        assert within > across, kind


def test_rows_have_length_one_and_those_of_absent_tokens_are_zero(corpus):
    directory, vocabulary = corpus
    lengths = np.linalg.norm(cooccurrence_vectors(directory, vocabulary, embedding_dim=6), axis=1)
    absent = [vocabulary.tokens.index(token) for token in SPECIAL_TOKENS]
    np.testing.assert_allclose(np.delete(lengths, absent), 1, rtol=1e-5)
    np.testing.assert_array_equal(lengths[absent], 0)


def test_the_same_seed_gives_the_same_vectors(corpus):
    directory, vocabulary = corpus
    first, second, other = (cooccurrence_vectors(directory, vocabulary, 6, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_another_vocabulary_is_refused(corpus):
    with pytest.raises(ValueError, match="another vocabulary"):
        cooccurrence_vectors(corpus[0], Vocabulary([*SPECIAL_TOKENS, "the"]), 6)


def test_a_vocabulary_smaller_than_the_width_is_refused(corpus):
    directory, vocabulary = corpus
    with pytest.raises(ValueError, match="of a vocabulary of 17, are too few for vectors of width 20"):
        cooccurrence_vectors(directory, vocabulary, embedding_dim=20)


def test_more_columns_than_the_corpus_has_contexts_are_refused(corpus):
    with pytest.raises(ValueError, match="too few for vectors of width 64"):
        cooccurrence_vectors(*corpus, 64)
