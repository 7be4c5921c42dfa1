"""Texts with most of their words deleted, beside the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_keras.data import DenoisingRows, MatchingExamples, WordPieceTokenizer, denoising_dataset
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS

TOKENIZER = WordPieceTokenizer([*SPECIAL_TOKENS, *"abcdefg", "##s", "##t"])


def rows_of(*texts, **options):
    return DenoisingRows(MatchingExamples(tuple((text, text) for text in texts)), TOKENIZER, **options)


def remains(rows, epoch, numbers, length):
    x = rows.inputs(np.array(numbers), length, seed=np.array([7, epoch]))
    return x["token_ids"].numpy()[:, 0], x["padding_mask"].numpy()[:, 0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["a", "bs", "cst", "d", "qq"]), min_size=1, max_size=8), st.integers(0, 9))
def test_whole_words_are_left_in_their_order_one_at_least(words, epoch):
    rows = rows_of(" ".join(words), sequence_length=24)
    ids, mask = remains(rows, epoch, [0], 24)
    spelled = [TOKENIZER([word]).to_list()[0] for word in words]
    left = ids[0][mask[0] > 0].tolist()
    assert left[0] == 2 and left[-1] == 3 and len(left) > 2 and not ids[0][mask[0] == 0].any()
    left = left[1:-1]
    for pieces in spelled:  # each word is taken from the front, or is deleted
        if left[: len(pieces)] == pieces:
            left = left[len(pieces) :]
    assert left == []


def test_six_of_ten_words_are_deleted_anew_in_each_epoch_whatever_the_batch():
    rows = rows_of(*["a b c d e f g a b c"] * 40, sequence_length=16)
    ids, mask = remains(rows, 0, range(40), 12)
    assert (mask.sum(axis=1) - 2).mean() == pytest.approx(4.0, abs=0.5)
    assert len({tuple(row) for row in ids.tolist()}) > 30  # each example has noise of its own
    np.testing.assert_array_equal(remains(rows, 0, [5, 3], 16)[0][:, :12], ids[[5, 3]])
    assert (remains(rows, 1, range(40), 12)[0] != ids).any(axis=1).mean() > 0.9


def test_a_resumed_epoch_has_the_noise_of_an_uninterrupted_one():
    examples = MatchingExamples(tuple((text, text) for text in ("a b c d e", "b c d e f", "c d e f g", "g f e d c")))
    options = dict(sequence_length=8, batch_size=2, seed=3)
    dataset = denoising_dataset(examples, TOKENIZER, **options)
    epochs = [[x["token_ids"].tolist() for x in dataset.as_numpy_iterator()] for _ in range(2)]
    assert sorted(map(str, epochs[0])) != sorted(map(str, epochs[1]))
    resumed = denoising_dataset(examples, TOKENIZER, start_step=3, **options)
    assert next(resumed.as_numpy_iterator())["token_ids"].tolist() == epochs[1][1]


def test_a_filler_has_nothing_to_be_written():
    x = rows_of("a", sequence_length=8).inputs(np.array([0, -1]), 8, seed=np.array([0, 0]))
    assert x["padding_mask"].numpy().sum(axis=-1).tolist() == [[3, 3], [2, 0]]


def test_what_is_no_text_alone_is_refused():
    with pytest.raises(ValueError, match="1 of 2 examples have several, such as .'a', 'b'."):
        DenoisingRows(MatchingExamples((("a", "a"), ("a", "b"))), TOKENIZER, sequence_length=8)
    with pytest.raises(ValueError, match="deletion_rate between 0 and 1, received 1"):
        rows_of("a", sequence_length=8, deletion_rate=1)
