import collections

import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.rows.kept_apart import keep_apart
from bert_keras.data.rows.length_buckets import BucketedBatches


def batches(order, size):
    return [order[begin : begin + size] for begin in range(0, len(order), size)]


def num_meetings(order, shared, size):
    """How many rows of a batch share something with one before them in it."""
    found = 0
    for batch in batches(order, size):
        had = set()
        for row in batch:
            found += not had.isdisjoint(shared.get(row, ()))
            had |= shared.get(row, frozenset())
    return found


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 6))
def test_rows_of_a_kind_meet_only_if_there_are_more_of_them_than_batches(kinds, size):
    counts = collections.Counter(kinds)
    shared = {row: frozenset([kind]) for row, kind in enumerate(kinds) if kind and counts[kind] > 1}
    order = keep_apart(range(len(kinds)), shared, size)
    assert sorted(order) == list(range(len(kinds)))
    assert num_meetings(order, shared, size) <= num_meetings(range(len(kinds)), shared, size)
    if all(count <= 2 for kind, count in counts.items() if kind) and len(kinds) >= 4 * size:
        assert num_meetings(order, shared, size) == 0


def test_a_row_that_finds_no_batch_at_the_end_changes_places_with_one_before():
    shared = {row: frozenset("a") for row in (6, 7)}
    assert batches(keep_apart(range(8), shared, 4), 4) == [[7, 1, 2, 3], [4, 5, 6, 0]]


def test_rows_that_share_nothing_keep_their_order():
    assert keep_apart([3, 1, 2], {3: frozenset("a"), 2: frozenset("b")}, 2) == [3, 1, 2]


def test_rows_all_of_a_kind_fill_their_batches_without_endless_search():
    shared = {row: frozenset("a") for row in range(3000)}
    assert sorted(keep_apart(range(3000), shared, 8)) == list(range(3000))


def test_shuffled_batches_are_the_same_for_the_same_seed_and_have_no_two_that_share():
    shared = {row: frozenset([row // 2]) for row in range(10)}
    plan = BucketedBatches([9] * 17, (9,), 4, shared=shared)
    first, again, other = (plan.shuffled(tf.constant(seed))[0].numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    assert (first == again).all() and (first != other).any()
    assert sorted(first.ravel().tolist()) == [-1, -1, -1, *range(17)]
    assert num_meetings(first.ravel().tolist(), shared, 4) == 0
