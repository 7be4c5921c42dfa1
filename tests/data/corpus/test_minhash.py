import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_keras.data.corpus.minhash import MinHash, jaccard


def shingles_of(text, shingle_words=2):
    return MinHash(shingle_words).shingles([text]).hashes.tolist()


def words_changed(num_words, num_changed, seed=0):
    """Return a text and one in which words are others."""
    rng = random.Random(seed)
    words = [f"w{rng.randrange(10**9)}" for _ in range(num_words)]
    changed = list(words)
    for place in rng.sample(range(num_words), num_changed):
        changed[place] = f"x{rng.randrange(10**9)}"
    return " ".join(words), " ".join(changed)


def reference_jaccard(first, second, shingle_words):
    sets = []
    for text in (first, second):
        words = text.split()
        sets.append({tuple(words[i : i + shingle_words]) for i in range(max(1, len(words) - shingle_words + 1))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_numbers_are_the_same_on_every_machine():
    minhash = MinHash(shingle_words=2, num_hashes=4)
    shingles = minhash.shingles(["The cat sat.", "我坐了"])
    assert shingles.hashes.tolist() == [
        15370258791277803938,
        17985684452696820162,
        4446912217629546408,
        11647557750680175381,
    ]
    assert minhash.compressed(minhash.minima(shingles)).tolist() == [[228, 161, 160, 79], [116, 186, 95, 62]]


def test_spaces_punctuation_and_capitals_do_not_count():
    assert shingles_of("The cat -- sat\n there!") == shingles_of("the CAT sat there")
    assert shingles_of("ﬁne ｆｉｎｅ") == shingles_of("fine fine")


@pytest.mark.parametrize(
    ("text", "num_words"),
    [
        ("one two three", 3),
        ("don't", 2),
        ("猫坐在垫子上", 6),
        ("แมว", 3),
        ("हिन्दी में", 2),
        ("猫cat猫", 3),
        ("", 0),
        ("... --", 0),
    ],
)
def test_words_are_runs_of_letters_and_characters_without_spaces(text, num_words):
    assert len(shingles_of(text, 1)) == num_words


def test_a_text_shorter_than_a_shingle_has_one_and_one_without_words_none():
    ends = MinHash(5).shingles(["a b c d e f", "a b", "?", "a b c d e"]).ends
    assert ends.tolist() == [2, 3, 3, 4]
    assert shingles_of("a b", 5) != shingles_of("a b c", 5)


def test_the_same_letters_in_other_places_are_other_words():
    assert len({shingles_of(text)[0] for text in ("ab ba", "ba ab", "abb a", "abba", "a bba", "aabb", "a b b a")}) == 7


@given(st.lists(st.text("ab c.猫", max_size=12), max_size=5))
@settings(max_examples=50)
def test_texts_together_have_the_hashes_of_texts_alone(texts):
    minhash = MinHash(2, 8)
    together = minhash.shingles(texts)
    assert together.hashes.tolist() == [number for text in texts for number in minhash.shingles([text]).hashes.tolist()]
    minima = minhash.minima(together)
    for row, text in zip(minima, texts):
        assert row.tolist() == minhash.minima(minhash.shingles([text]))[0].tolist()


def test_jaccard_is_that_of_sets_of_tuples_of_words():
    for seed in range(20):
        texts = words_changed(30, seed % 5, seed)
        hashes, ends = MinHash(3).shingles(texts)
        assert jaccard(*np.split(hashes, ends[:-1])) == reference_jaccard(*texts, 3)
    assert jaccard(hashes[:0], hashes[:0]) == 0


@pytest.mark.parametrize("num_words", [8, 60, 1000])
def test_signatures_estimate_the_similarity(num_words):
    minhash, errors = MinHash(3), []
    for seed in range(40):
        texts = words_changed(num_words, 1 + seed % 3 * num_words // 20, seed)
        first, second = minhash.compressed(minhash.minima(minhash.shingles(texts)))
        errors.append(minhash.similarities(first, second) - reference_jaccard(*texts, 3))
    assert abs(np.mean(errors)) < 0.02 and np.std(errors) < 0.06


def test_the_minima_of_a_union_are_the_least_of_its_parts():
    minhash = MinHash(1, 16)
    parts = minhash.minima(minhash.shingles(["a b c", "c d", ""]))
    whole = minhash.minima(minhash.shingles(["a b c d"]))
    assert parts.min(axis=0).tolist() == whole[0].tolist()


@pytest.mark.parametrize("arguments", [(0, 128), (5, 0)])
def test_impossible_numbers_raise(arguments):
    with pytest.raises(ValueError, match="must be at least 1, received"):
        MinHash(*arguments)
