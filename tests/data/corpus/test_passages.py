import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.corpus.passages import encode_passage, gather_passages, parse_passages


@given(st.lists(st.integers(0, 40)), st.integers(1, 20))
def test_passages_are_full_and_lose_nothing(lengths, passage_tokens):
    passages = gather_passages(lengths, passage_tokens)
    assert sum(map(sum, passages)) == sum(lengths)
    assert all(0 < piece <= passage_tokens for passage in passages for piece in passage)
    for index, passage in enumerate(passages):
        assert sum(passage[:-1]) < passage_tokens
        assert index == len(passages) - 1 or sum(passage) >= passage_tokens


def test_short_sentences_stay_whole():
    assert gather_passages([3, 4, 5, 6], 8) == [[3, 4, 5], [6]]


def test_parses_what_was_encoded():
    records = [encode_passage(np.array([7, 8, 9]), [1, 2], 5), b"", encode_passage(np.array([300_000]), [1], 6)]
    passages = parse_passages(tf.constant(records))
    assert passages.token_ids.numpy().tolist() == [7, 8, 9, 300_000]
    assert passages.starts.numpy().tolist() == [0, 3, 3]
    assert passages.lengths.numpy().tolist() == [3, 0, 1]
    assert passages.sentence_ends.numpy().tolist() == [1, 3, 4]
    assert passages.documents.numpy().tolist() == [5, -1, 6]
