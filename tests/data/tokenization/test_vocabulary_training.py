import itertools
import random
import string

import pytest

from bert_keras.data.tokenization import vocabulary_training
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.vocabulary_training import train_vocabulary


def made_up_texts(num_texts=200, seed=0):
    generator = random.Random(seed)
    syllables = ["".join(pair) for pair in itertools.product("bdkmnrst", "aeiou")]
    return [
        " ".join("".join(generator.choices(syllables, k=generator.randint(1, 4))) for _ in range(20)).capitalize() + "."
        for _ in range(num_texts)
    ]


def test_special_tokens_then_characters_then_learned_pieces():
    tokens = train_vocabulary(["low lower lowest, new newer newest"] * 3, vocabulary_size=60).tokens
    assert tokens[:5] == SPECIAL_TOKENS
    plain = [token for token in tokens[5:] if len(token) == 1]
    continuing = [token for token in tokens[5:] if len(token) == 3 and token.startswith("##")]
    assert plain == sorted(plain) and continuing == sorted(continuing) and "," in plain
    assert list(tokens[5 : 5 + len(plain) + len(continuing)]) == plain + continuing
    assert {"low", "new", "lowest"} <= set(tokens)


@pytest.mark.parametrize("vocabulary_size", [6, 20, 30, 40, 50, 100, 400])
def test_the_vocabulary_has_the_size_that_was_asked_for(vocabulary_size):
    assert len(train_vocabulary(made_up_texts(), vocabulary_size)) == vocabulary_size


def test_the_vocabulary_is_smaller_where_the_texts_have_no_more():
    vocabulary = train_vocabulary(["ab ab"], vocabulary_size=1000)
    assert vocabulary.tokens == (*SPECIAL_TOKENS, "a", "b", "##b", "ab")


def test_training_twice_gives_the_same_tokens():
    # Every run has hash tables of its own inside the trainer; without our numbering of its symbols they show.
    fingerprints = {train_vocabulary(made_up_texts(), vocabulary_size=300).fingerprint for _ in range(5)}
    assert len(fingerprints) == 1


def test_the_cut_into_texts_does_not_matter(monkeypatch):
    texts = made_up_texts()
    whole = train_vocabulary(["\n".join(texts)], vocabulary_size=200)
    monkeypatch.setattr(vocabulary_training, "_BATCH_LENGTH", 100)
    assert train_vocabulary(iter(texts), vocabulary_size=200) == whole


def test_rules_are_those_of_the_tokenizer():
    texts = ["Élan Élan [MASK] x\u200by 中文 don't"] * 2
    assert {"elan", "mask", "xy", "中", "文", "'"} <= set(train_vocabulary(texts, 80).tokens)
    cased = train_vocabulary(texts, 80, lower_case=False).tokens
    assert "Élan" in cased and "elan" not in cased and "中文" not in cased
    assert "élan" in train_vocabulary(texts, 80, strip_accents=False).tokens


def test_rare_characters_are_left_out_and_frequent_ones_come_first():
    chinese = "".join(chr(0x4E00 + i) * (60 - i) for i in range(60))
    tokens = train_vocabulary([chinese], vocabulary_size=35).tokens
    assert tokens[5:] == tuple(chr(0x4E00 + i) for i in range(30))  # nothing to learn: characters fill the vocabulary
    assert chr(0x4E00 + 59) not in train_vocabulary([chinese], vocabulary_size=100).tokens  # occurs once


def test_a_word_of_more_than_200_characters_teaches_nothing():
    assert "xx" not in train_vocabulary(["x" * 201, "low low"], vocabulary_size=20).tokens


def test_memory_stays_bounded_by_forgetting_the_rarest_words(monkeypatch):
    monkeypatch.setattr(vocabulary_training, "_MAX_DISTINCT_WORDS", 10)
    monkeypatch.setattr(vocabulary_training, "_BATCH_LENGTH", 1)
    rare = ["".join(pair) for pair in itertools.product(string.ascii_lowercase, repeat=2)]
    tokens = train_vocabulary([*["often often often"] * 5, *rare], vocabulary_size=30).tokens
    assert "often" in tokens


def test_faults_are_named():
    with pytest.raises(ValueError, match="the texts hold no words"):
        train_vocabulary(["", " \u200b "])
    with pytest.raises(ValueError, match="the texts hold no words"):
        train_vocabulary([])
    with pytest.raises(ValueError, match="vocabulary_size must exceed the 5 special tokens, received 5"):
        train_vocabulary(["a"], vocabulary_size=5)
    with pytest.raises(ValueError, match="texts must be strings"):
        train_vocabulary([1])
