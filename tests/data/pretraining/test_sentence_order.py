"""Token ids of these passages are `1000 * passage + position`, so that every token says where it is from."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.corpus.passages import Passages, encode_passage, parse_passages
from bert_keras.data.pretraining.sentence_order import ordered_pairs

_VECTOR = tf.TensorSpec([None], tf.int32)
_SIGNATURE = [Passages(*[_VECTOR] * 5), tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)]
make_pairs = tf.function(ordered_pairs, input_signature=_SIGNATURE)


def passages_of(sentence_lengths):
    records = [
        encode_passage(1000 * passage + np.arange(sum(lengths)), lengths, 0) if lengths else b""
        for passage, lengths in enumerate(sentence_lengths)
    ]
    return parse_passages(tf.constant(records))


def pairs_of(passages, max_tokens, seed):
    first, second, labels = make_pairs(passages, max_tokens, [seed, 7])
    ids = passages.token_ids.numpy()
    texts = (
        [ids[start : start + length].tolist() for start, length in zip(*map(np.array, ranges), strict=True)]
        for ranges in (first, second)
    )
    return zip(*texts, labels.numpy().tolist(), strict=True)


passage_lengths = st.lists(st.integers(1, 9), max_size=5)


@given(st.lists(passage_lengths, min_size=1, max_size=6).filter(any), st.integers(4, 60), st.integers(0, 2**31 - 1))
def test_two_texts_of_a_passage_in_order_or_exchanged(lengths, max_tokens, seed):
    for row, (first, second, label) in enumerate(pairs_of(passages_of(lengths), max_tokens, seed)):
        earlier, later = (second, first) if label else (first, second)
        size = sum(lengths[row])
        assert len(first) + len(second) <= max_tokens
        assert all(1000 * row <= token < 1000 * row + size for token in first + second)
        assert all(np.diff(text).tolist() == [1] * (len(text) - 1) for text in (first, second))
        if size <= max_tokens:  # nothing is lost
            assert earlier + later == [1000 * row + token for token in range(size)]
        elif later:
            assert earlier[-1] < later[0]
        if size > 1:
            assert first and second
        else:
            assert not label


def test_half_of_the_pairs_are_exchanged_whatever_their_lengths():
    generator = np.random.default_rng(0)
    passages = passages_of([generator.integers(3, 30, 6).tolist() for _ in range(128)])
    sizes, labels = {0: [], 1: []}, []
    for seed in range(30):
        for first, second, label in pairs_of(passages, 61, seed):
            labels.append(label)
            # What a model could know without reading: lengths, and whether a text begins or ends with its passage.
            sizes[label].append((len(first), len(second)))
    assert abs(np.mean(labels) - 0.5) < 0.03
    assert abs(np.mean(sizes[0], axis=0) - np.mean(sizes[1], axis=0)).max() < 2


def test_texts_are_cut_at_either_end_in_both_orders():
    passages = passages_of([[7, 4]])
    seen = {0: set(), 1: set()}
    for seed in range(60):
        ((first, second, label),) = pairs_of(passages, 9, seed)
        seen[label].add((first[0], first[-1], second[0], second[-1]))
    assert seen == {0: {(0, 4, 7, 10), (2, 6, 7, 10)}, 1: {(7, 10, 0, 4), (7, 10, 2, 6)}}


def test_equal_seeds_give_equal_pairs_and_other_seeds_others():
    passages = passages_of([[3, 4, 2]] * 8)
    one, two, three = (list(pairs_of(passages, 8, seed)) for seed in (1, 1, 2))
    assert one == two != three


@pytest.mark.parametrize("lengths", [[[1], []], [[2]], [[1, 1], []]])
def test_tiny_passages_and_filler_are_no_trouble(lengths):
    for seed in range(20):
        for row, (first, second, label) in enumerate(pairs_of(passages_of(lengths), 5, seed)):
            assert len(first) + len(second) == sum(lengths[row])
            assert not label or second
