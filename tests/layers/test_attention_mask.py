import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from bert_keras.layers import AttentionMask


def attention_mask(rows):
    return ops.convert_to_numpy(AttentionMask()(np.array(rows, "int32"))).astype(int).tolist()


def test_keras_own_checks(check_layer):
    check_layer(
        AttentionMask,
        {},
        input_data=np.array([[1, 1, 0], [1, 2, 2]], "int32"),
        expected_output_shape=(2, 3, 3),
        expected_output_dtype="bool",
        run_training_check=False,
    )


def test_padding_is_seen_by_nobody_and_sees_every_token():
    assert attention_mask([[1, 1, 0]]) == [[[1, 1, 0], [1, 1, 0], [1, 1, 0]]]


def test_packed_sequences_see_themselves_alone():
    assert attention_mask([[1, 2, 2, 0]]) == [[[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [1, 1, 1, 0]]]


def test_a_bool_mask_is_taken_as_well():
    mask = ops.convert_to_numpy(AttentionMask()(np.array([[True, False]])))
    assert mask.tolist() == [[[True, False], [True, False]]]


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=4)  # source, target tokens


def packed_row(lengths, padding):
    """Sequences end to end, a source and a target each: their numbers, and 0 and 1 for the parts."""
    numbers = [number for number, both in enumerate(lengths, 1) for _ in range(sum(both))] + [0] * padding
    segments = [part for both in lengths for part in (0, 1) for _ in range(both[part])] + [0] * padding
    return np.array([numbers], "int32"), np.array([segments], "int32")


@settings(max_examples=20)
@given(ROWS, st.integers(0, 2))
def test_a_token_sees_what_its_pattern_says(lengths, padding):
    numbers, segments = packed_row(lengths, padding)
    length = numbers.shape[1]
    if not length:
        return
    masks = {
        pattern: ops.convert_to_numpy(AttentionMask(pattern)(numbers, segments))[0]
        for pattern in ("bidirectional", "causal", "prefix")
    }
    for i, j in np.ndindex(length, length):
        is_key, is_padding = numbers[0, j] > 0, numbers[0, i] == 0
        same = numbers[0, i] == numbers[0, j]
        assert masks["bidirectional"][i, j] == (is_key and (is_padding or same))
        assert masks["causal"][i, j] == (is_key and (is_padding or (same and j <= i)))
        assert masks["prefix"][i, j] == (is_key and (is_padding or (same and (j <= i or segments[0, j] == 0))))


@pytest.mark.parametrize("pattern", ["bidirectional", "causal", "prefix"])
def test_rows_of_the_mask_are_those_of_the_tokens_that_look(pattern):
    numbers, segments = packed_row([(2, 3), (1, 1)], 2)
    mask, queries = AttentionMask(pattern), np.array([3, 5, 8], "int32")
    rows = ops.convert_to_numpy(mask(numbers, segments, queries=queries))
    np.testing.assert_array_equal(rows, ops.convert_to_numpy(mask(numbers, segments))[:, queries])


def test_patterns_that_are_none_and_sources_that_nobody_tells_are_refused():
    with pytest.raises(ValueError, match="of bidirectional, causal, prefix; received 'both'"):
        AttentionMask("both")
    with pytest.raises(ValueError, match="needs segment_ids: 0 in the source"):
        AttentionMask("prefix")(np.ones((1, 3), "int32"))
