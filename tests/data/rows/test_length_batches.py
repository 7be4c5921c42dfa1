import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.rows import length_batches as module
from bert_keras.data.rows.length_batches import cheapest_cuts, length_batches

lengths_of_rows = st.lists(st.integers(2, 64), max_size=40)


def cost_of(cuts, lengths):
    return sum(module._TOKENS_OF_A_CALL + (end - start) * lengths[end - 1] for start, end in cuts)


@given(st.lists(st.integers(2, 300), min_size=1, max_size=7), st.integers(1, 4))
def test_no_other_cut_costs_less(lengths, batch_size):
    lengths = np.sort(lengths)
    inner = range(1, len(lengths))
    ways = (
        list(itertools.pairwise((0, *ends, len(lengths))))
        for count in range(len(lengths))
        for ends in itertools.combinations(inner, count)
    )
    cheapest = min(cost_of(cuts, lengths) for cuts in ways if all(end - start <= batch_size for start, end in cuts))
    cuts = cheapest_cuts(lengths, lambda length: batch_size)
    assert all(0 < end - start <= batch_size for start, end in cuts)
    assert cost_of(cuts, lengths) == cheapest


@given(lengths_of_rows, st.none() | st.integers(1, 8), st.none() | st.integers(64, 200), st.booleans())
def test_each_row_is_in_one_batch_that_holds_it(lengths, batch_size, batch_tokens, compiles):
    most = dict(batch_size=batch_size, batch_tokens=batch_tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "compiles_each_length", lambda: compiles)
        batches = length_batches(np.array(lengths, int), sequence_length=64, **most)
    numbers = [int(number) for batch, _ in batches for number in batch if number >= 0]
    assert sorted(numbers) == list(range(len(lengths)))
    for batch, length in batches:
        assert batch_size is None or len(batch) <= batch_size
        assert batch_tokens is None or len(batch) * length <= batch_tokens
        assert length <= 64
        assert all(lengths[number] <= length for number in batch if number >= 0)


def test_a_long_row_goes_alone_where_any_length_is_as_good(monkeypatch):
    monkeypatch.setattr(module, "compiles_each_length", lambda: False)
    batches = length_batches(np.array([300, 10, 12, 11]), sequence_length=512, batch_size=32)
    assert [(batch.tolist(), length) for batch, length in batches] == [([0], 300), ([1, 3, 2], 12)]


def test_shapes_are_few_where_each_is_compiled(monkeypatch):
    monkeypatch.setattr(module, "compiles_each_length", lambda: True)
    monkeypatch.setattr(module, "padded_lengths", lambda lengths, longest: np.full(len(lengths), 16))
    batches = length_batches(np.array([10, 12, 11]), sequence_length=16, batch_size=32)
    assert [(batch.tolist(), length) for batch, length in batches] == [([0, 2, 1, -1], 16)]
