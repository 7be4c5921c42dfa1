import itertools
import random

import numpy as np
import pytest

from bert_keras.data.corpus.minhash import MinHash
from bert_keras.data.corpus.near_duplicates import NearTexts, find_near_duplicates


def planted(num_texts, num_words, seed=0):
    """Texts with words of a small vocabulary, each followed at random by a copy with some words changed."""
    rng = random.Random(seed)
    texts = []
    for _ in range(num_texts):
        words = [f"w{rng.randrange(500)}" for _ in range(num_words)]
        texts.append(" ".join(words))
        for place in rng.sample(range(num_words), rng.randrange(num_words // 5)):
            words[place] = f"w{rng.randrange(500)}"
        texts.append(" ".join(words))
    rng.shuffle(texts)
    return texts


def brute_force(texts, threshold, shingle_words):
    hashes, ends = MinHash(shingle_words).shingles(texts)
    sets, kept, found = [set(part.tolist()) for part in np.split(hashes, ends[:-1])], [], []
    for index, shingles in enumerate(sets):
        near = [other for other in kept if len(shingles & sets[other]) >= threshold * len(shingles | sets[other])]
        if near:
            found.append((index, near[0]))
        else:
            kept.append(index)
    return found


@pytest.mark.parametrize(("threshold", "shingle_words"), [(0.5, 3), (0.8, 2), (1.0, 3)])
def test_finds_what_comparing_all_with_all_finds(threshold, shingle_words):
    texts = planted(100, 30)
    found = [(index, earlier) for index, earlier, _ in find_near_duplicates(
        texts, threshold, shingle_words=shingle_words
    )]  # fmt: skip
    expected = brute_force(texts, threshold, shingle_words)
    assert set(found) <= set(expected)  # none is invented
    assert len(found) >= 0.99 * len(expected) and len(expected) > 0


def test_a_chain_of_small_changes_leads_nowhere():
    words = [f"w{number}" for number in range(40)]
    texts = [" ".join(["x"] * (2 * step) + words[2 * step :]) for step in range(6)]
    assert [index for index, _, _ in find_near_duplicates(texts, 0.8, shingle_words=1)] == [1, 2, 3, 5]


def test_texts_without_words_are_near_to_none_and_short_ones_only_to_the_same():
    texts = ["...", "", "...", "Good film", "good film!", "Good", "bad"]
    assert [(d.index, d.earlier) for d in find_near_duplicates(texts)] == [(4, 3)]


def test_many_alike_that_are_not_near_are_not_found():
    start = " ".join(f"w{number}" for number in range(20))
    texts = (f"{start} {number} {number + 1} {number + 2} {number + 3} {number + 4}" for number in range(300))
    assert list(find_near_duplicates(texts, 0.9)) == []


def test_beyond_the_limit_the_oldest_are_forgotten_and_none_is_invented():
    texts = planted(60, 30, seed=1)
    exact = set(brute_force(texts, 0.5, 3))
    assert {(d.index, d.earlier) for d in find_near_duplicates(texts, 0.5, max_texts=8)} < exact
    distinct = [f"a{n} b{n} c{n} d{n}" for n in range(20)]
    again = [d.index for d in find_near_duplicates([*distinct, distinct[-1], distinct[0]], max_texts=8)]
    assert again == [20]


def test_memory_of_a_text_is_as_said():
    seen = NearTexts(0.8, max_texts=1 << 10)
    arrays = (seen._last, seen._before, seen._signatures)
    assert sum(array.nbytes for array in arrays) / seen.max_texts == 128 + 8 * seen.num_bands == 296


def test_texts_are_read_as_they_are_asked_for():
    texts = itertools.chain(["one two three"] * 600, iter(lambda: pytest.fail("read too far"), None))
    assert next(find_near_duplicates(texts)).index == 1


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_an_impossible_threshold_is_told_at_once(threshold):
    with pytest.raises(ValueError, match=r"above 0 and at most 1, received"):
        find_near_duplicates([], threshold)
