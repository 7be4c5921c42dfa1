import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.rows.encoder_inputs import assemble_rows, truncate_longest_first


def truncate_by_popping(first, second, max_tokens):
    """The loop of google-research/bert's run_classifier.py."""
    while first + second > max_tokens:
        if first > second:
            first -= 1
        else:
            second -= 1
    return first, second


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_truncates_as_the_loop_does(first, second, max_tokens):
    kept = truncate_longest_first(tf.constant([first]), tf.constant([second]), max_tokens)
    assert tuple(int(tensor[0]) for tensor in kept) == truncate_by_popping(first, second, max_tokens)


def ranges(*pairs):
    starts, lengths = zip(*pairs, strict=True)
    return tf.constant(starts), tf.constant(lengths)


TOKEN_IDS = tf.range(100, 120)


def test_packs_pairs(vocabulary):
    cls, sep, pad = vocabulary.cls_id, vocabulary.sep_id, vocabulary.pad_id
    rows = assemble_rows(
        TOKEN_IDS, ranges((0, 2), (5, 1), (3, 4)), ranges((10, 1), (7, 0), (12, 1)), 8, vocabulary.row_layout
    )
    assert rows["token_ids"].numpy().tolist() == [
        [cls, 100, 101, sep, 110, sep, pad, pad],
        [cls, 105, sep, sep, pad, pad, pad, pad],
        [cls, 103, 104, 105, 106, sep, 112, sep],
    ]
    assert rows["segment_ids"].numpy().tolist() == [
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 1],
    ]
    assert rows["padding_mask"].numpy().sum(axis=1).tolist() == [6, 4, 8]


def test_packs_single_texts(vocabulary):
    cls, sep, pad = vocabulary.cls_id, vocabulary.sep_id, vocabulary.pad_id
    rows = assemble_rows(TOKEN_IDS, ranges((0, 3), (8, 0)), None, 5, vocabulary.row_layout)
    assert rows["token_ids"].numpy().tolist() == [[cls, 100, 101, 102, sep], [cls, sep, pad, pad, pad]]
    assert not rows["segment_ids"].numpy().any()
    assert rows["padding_mask"].numpy().tolist() == [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]


@pytest.mark.parametrize("second", [None, [(0, 0)]])
def test_a_batch_of_empty_texts_holds_special_tokens_only(vocabulary, second):
    empty = tf.zeros([0], tf.int32)
    rows = assemble_rows(empty, ranges((0, 0)), second and ranges(*second), 4, vocabulary.row_layout)
    assert set(rows["token_ids"].numpy().ravel()) <= {vocabulary.cls_id, vocabulary.sep_id, vocabulary.pad_id}


def test_dtypes_are_int32(vocabulary):
    rows = assemble_rows(TOKEN_IDS, ranges((0, 3)), ranges((3, 2)), 10, vocabulary.row_layout)
    assert {tensor.dtype for tensor in rows.values()} == {tf.int32}
