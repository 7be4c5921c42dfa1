import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.rows import accelerators
from bert_keras.data.rows.length_buckets import BucketedBatches, default_buckets, every_length, fitted_buckets

LENGTHS = np.array([5, 30, 9, 10, 11, 64, 7, 8, 31, 12, 6])


@pytest.fixture
def compiled(monkeypatch):
    """Sets whether the backend is one that compiles the model for each length."""
    return lambda backend: monkeypatch.setattr(accelerators, "backend_of_keras", lambda: backend)


@pytest.mark.parametrize(
    ("length", "expected"), [(16, (16,)), (32, (32,)), (64, (32, 64)), (128, (32, 64, 128)), (100, (32, 64, 100))]
)
def test_default_buckets_are_few_where_each_is_compiled(compiled, length, expected):
    compiled("jax")
    assert default_buckets(length) == expected


def test_default_buckets_are_fine_where_none_is_compiled(compiled):
    compiled("torch")
    assert default_buckets(20) == (8, 16, 20)
    assert default_buckets(8) == (8,)


def test_lengths_that_occur_are_buckets_of_at_least_8():
    assert every_length(np.array([3, 30, 30, 11]), 64) == (8, 11, 30)
    assert every_length(np.array([], int), 64) == (64,)


@given(st.lists(st.integers(1, 60), max_size=30), st.integers(1, 3))
def test_fitted_buckets_leave_as_little_padding_as_any_others(lengths, most):
    def tokens(buckets):
        return int(np.array(buckets)[np.searchsorted(buckets, lengths)].sum())

    fitted = fitted_buckets(np.array(lengths, int), 60, most=most)
    assert len(fitted) <= most and max(lengths, default=0) <= fitted[-1] <= 60
    ends = (8, 16, 24, 32, 40, 48, 56)
    others = [(*some, 60) for number in range(most) for some in itertools.combinations(ends, number)]
    assert tokens(fitted) <= min(tokens(buckets) for buckets in others)


def test_in_order_keeps_the_order_and_fits_each_batch():
    rows, lengths = BucketedBatches(LENGTHS, [10, 32, 64], 4).in_order()
    assert rows.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, -1]]
    assert lengths.tolist() == [32, 64, 32]


def test_shuffled_batches_hold_each_example_once_beside_others_of_its_bucket():
    batches = BucketedBatches(LENGTHS, [10, 32, 64], 4)
    rows, lengths = (tensor.numpy() for tensor in batches.shuffled(tf.constant([1, 2])))
    assert len(rows) == len(lengths) == batches.num_batches == 3
    assert sorted(rows[rows >= 0]) == list(range(len(LENGTHS)))
    assert sorted(lengths) == [
        10,
        32,
        64,
    ]  # 6 examples of the first bucket, 4 of the second, 1 of the last, 1 free place
    needed = {int(length): sorted(LENGTHS[row[row >= 0]]) for row, length in zip(rows, lengths, strict=True)}
    assert max(needed[10]) <= 10 and needed[32][1] <= 10 < needed[32][2] and needed[32][3] <= 32
    assert 10 < needed[64][0] <= 32 and needed[64][2] == 64 and len(needed[64]) == 3


def test_mixed_neighbours_meet_others_in_each_epoch():
    lengths = np.repeat(np.arange(8, 16), 4)
    batches = BucketedBatches(lengths, range(8, 16), 4, mixed=2)
    epochs = [[tensor.numpy() for tensor in batches.shuffled(tf.constant([1, epoch]))] for epoch in range(8)]
    for rows, row_lengths in epochs:
        assert sorted(rows.flat) == list(range(32))
        assert (np.ptp(lengths[rows], axis=1) <= 2).all() and (lengths[rows].max(axis=1) == row_lengths).all()
    assert len({frozenset(row) for rows, _ in epochs for row in rows.tolist()}) > 8 * 2


def test_all_lengths_meet_where_examples_are_compared():
    lengths = np.repeat([8, 64], 16)
    rows, row_lengths = BucketedBatches(lengths, [8, 64], 8, mixed=None).shuffled(tf.constant([1, 0]))
    assert sorted(rows.numpy().flat) == list(range(32)) and row_lengths.numpy().tolist() == [64] * 4
    assert ((lengths[rows.numpy()] == 8).sum(axis=1) > 0).all()


def test_orders_differ_by_seed_only():
    batches = BucketedBatches(np.arange(8, 40), [16, 40], 4)
    one, two, three = (batches.shuffled(tf.constant([0, seed]))[0].numpy() for seed in (1, 1, 2))
    assert (one == two).all() and (one != three).any()


def test_an_empty_bucket_makes_no_batch():
    assert BucketedBatches(np.array([8, 9]), [16, 32, 64], 2).num_batches == 1
