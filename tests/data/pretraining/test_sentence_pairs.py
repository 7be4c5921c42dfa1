"""Token ids of these passages are `1000 * passage + position`, so that every token says where it is from."""

import numpy as np
import pytest
import tensorflow as tf

from bert_keras.data.corpus.passages import Passages, encode_passage, parse_passages
from bert_keras.data.pretraining.sentence_pairs import sentence_pairs
from bert_keras.data.pretraining.text_ranges import single_texts


def passages_of(sentence_lengths, documents=None):
    records = []
    for passage, lengths in enumerate(sentence_lengths):
        ids = 1000 * passage + np.arange(sum(lengths))
        records.append(encode_passage(ids, lengths, documents[passage] if documents else passage) if lengths else b"")
    return parse_passages(tf.constant(records))


def texts(passages, ranges):
    ids = passages.token_ids.numpy()
    return [ids[start : start + length].tolist() for start, length in zip(*map(np.array, ranges), strict=True)]


_VECTOR = tf.TensorSpec([None], tf.int32)
_SIGNATURE = [Passages(*[_VECTOR] * 5), tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)]
make_pairs = tf.function(sentence_pairs, input_signature=_SIGNATURE)
make_texts = tf.function(single_texts, input_signature=_SIGNATURE)


def sampled(passages, max_tokens, num_seeds=200):
    for seed in range(num_seeds):
        first, second, labels = make_pairs(passages, max_tokens, [seed, 7])
        yield texts(passages, first), texts(passages, second), labels.numpy().tolist()


def follows(first, second):
    return second[0] == first[-1] + 1


def test_a_passage_that_fits_is_cut_at_sentence_boundaries_only():
    passages = passages_of([[3, 4, 2], [5, 5], [2, 2, 2, 2]])
    boundaries = {0: {3, 7}, 1: {5}, 2: {2, 4, 6}}
    seen = {0: set(), 1: set(), 2: set()}
    for firsts, seconds, labels in sampled(passages, 40):
        for row, (first, second, label) in enumerate(zip(firsts, seconds, labels, strict=True)):
            assert first[0] == 1000 * row
            seen[row].add(len(first))
            if label == 0:
                assert follows(first, second)
                assert len(first) + len(second) == [9, 10, 8][row]
            else:
                donor = second[0] // 1000
                assert donor != row
                assert second[0] % 1000 in {0, *boundaries[donor]}
                assert second[-1] % 1000 + 1 in {[9, 10, 8][donor], *boundaries[donor]}
    assert seen == boundaries


def test_half_of_the_second_texts_are_random():
    passages = passages_of([[3, 3, 3]] * 16)
    labels = np.mean([labels for _, _, labels in sampled(passages, 40, 100)])
    assert abs(labels - 0.5) < 0.05


def test_random_texts_come_from_every_other_document_and_only_those():
    passages = passages_of([[3, 3]] * 6, documents=[0, 0, 1, 1, 2, 3])
    donors = {row: set() for row in range(6)}
    for _, seconds, labels in sampled(passages, 40, 300):
        for row in np.flatnonzero(labels):
            donors[row].add(seconds[row][0] // 1000)
    assert donors[0] == donors[1] == {2, 3, 4, 5}
    assert donors[5] == {0, 1, 2, 3, 4}


def test_a_batch_from_one_document_keeps_its_pairs():
    passages = passages_of([[3, 3], [4, 4]], documents=[1, 1])
    for firsts, seconds, labels in sampled(passages, 40, 20):
        assert labels == [0, 0]
        assert all(map(follows, firsts, seconds))


def test_the_longer_text_is_cut_at_one_end():
    passages = passages_of([[7, 4], [7, 4]])
    ends = set()
    for firsts, seconds, labels in sampled(passages, 9, 100):
        for row in range(2):
            assert len(firsts[row]) + len(seconds[row]) <= 9
            if labels[row] == 0:
                assert seconds[row] == [1000 * row + 7 + token for token in range(4)]
                ends.add((firsts[row][0] % 1000, firsts[row][-1] % 1000))
    assert ends == {(0, 4), (2, 6)}


@pytest.mark.parametrize("max_tokens", [61, 200])
def test_lengths_do_not_tell_a_random_pair(max_tokens):
    generator = np.random.default_rng(0)
    lengths = []
    for _ in range(128):
        passage = []
        while sum(passage) < 61:
            passage.append(int(generator.integers(3, 30)))
        lengths.append(passage)
    sizes = {0: [], 1: []}
    for firsts, seconds, labels in sampled(passages_of(lengths), max_tokens, 10):
        for first, second, label in zip(firsts, seconds, labels, strict=True):
            sizes[label].append((len(first), len(second)))
    true, random = (np.mean(sizes[label], axis=0) for label in (0, 1))
    assert abs(true - random).max() < 2
    if max_tokens == 61:
        assert {sum(pair) for label in (0, 1) for pair in sizes[label]} == {61}


def test_a_single_sentence_is_cut_inside_and_so_is_its_random_partner():
    passages = passages_of([[9], [9], [5, 5]])
    cuts, random_starts = set(), set()
    for firsts, seconds, labels in sampled(passages, 40):
        cuts.add(len(firsts[0]))
        if labels[0] == 0:
            assert follows(firsts[0], seconds[0])
        elif seconds[0][0] >= 2000:
            random_starts.add(seconds[0][0] - 2000)
    assert cuts == set(range(1, 9))
    assert random_starts - {0, 5}


def test_a_long_passage_is_seen_through_a_random_window():
    passages = passages_of([[5] * 8, [5] * 8])
    seen = set()
    for firsts, seconds, labels in sampled(passages, 17):
        assert len(firsts[0]) + len(seconds[0]) == 17
        if labels[0] == 0:
            seen.update(firsts[0] + seconds[0])
    assert seen == set(range(40))


def test_filler_rows_stay_empty_and_lend_nothing():
    passages = passages_of([[3, 3], [], [4, 4], []])
    for firsts, seconds, labels in sampled(passages, 40, 50):
        assert firsts[1] == seconds[1] == firsts[3] == seconds[3] == []
        assert labels[1] == labels[3] == 0
        assert all(seconds[row] for row in (0, 2))


@pytest.mark.parametrize("lengths", [[[1], [1]], [[1], [2, 3]], [[1, 1], [1]]])
def test_tiny_passages_are_no_trouble(lengths):
    for firsts, _, _ in sampled(passages_of(lengths), 5, 50):
        assert all(firsts)


def test_equal_seeds_give_equal_pairs_and_other_seeds_others():
    passages = passages_of([[3, 4, 2]] * 8)
    one, two, three = (list(sampled(passages, 8, n))[-1] for n in (1, 1, 2))
    assert one == two != three


def test_single_texts_are_windows_of_the_passage():
    passages = passages_of([[5] * 6, [3], []])
    seen = set()
    for seed in range(100):
        taken = texts(passages, make_texts(passages, 12, [seed, 0]))
        assert len(taken[0]) == 12 and taken[0] == list(range(taken[0][0], taken[0][0] + 12))
        assert taken[1:] == [[1000, 1001, 1002], []]
        seen.update(taken[0])
    assert seen == set(range(30))
