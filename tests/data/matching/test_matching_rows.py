import numpy as np
import pytest

from bert_keras.data import MatchingExamples, MatchingRows, WordPieceTokenizer, batches, matching_dataset
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS

PAIRS = MatchingExamples((("a b", "c"), ("d", "e f g"), ("a b", "h"), ("c", "i")))


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, *"abcdefghijklmnopqrstuvwxyz"])


def first_batch(examples, tokenizer, **options):
    options = dict(sequence_length=8, batch_size=len(examples), training=False) | options
    return next(matching_dataset(examples, tokenizer, **options).as_numpy_iterator())


def test_each_text_is_a_row_of_its_own_as_long_as_the_longest_of_its_example(tokenizer):
    rows = MatchingRows(PAIRS, tokenizer, sequence_length=8)
    assert rows.row_lengths.tolist() == [4, 5, 4, 3]
    x, y, sample_weight = first_batch(PAIRS, tokenizer, batch_size=5)
    letters = {letter: number for number, letter in enumerate("abcdefghi", len(SPECIAL_TOKENS))}
    assert x["token_ids"].shape == (5, 2, 8)
    assert x["token_ids"][1, :, :6].tolist() == [
        [2, letters["d"], 3, 0, 0, 0],
        [2, *(letters[letter] for letter in "efg"), 3, 0],
    ]
    assert x["padding_mask"][1].sum(-1).tolist() == [3, 5] and not x["segment_ids"].any()
    assert sample_weight.tolist() == [1, 1, 1, 1, 0] and all(x[name].dtype == "int32" for name in x)


def test_rows_are_of_one_group_where_one_has_the_anchor_or_positive_of_the_other(tokenizer):
    _, y, _ = first_batch(PAIRS, tokenizer, batch_size=5)
    assert y.dtype == "int32" and y.tolist() == [0, 1, 0, 0, -1]  # the last row by way of the first's positive
    triples = MatchingExamples((("a", "b", "z"), ("c", "d", "z"), ("e", "f", "d")))
    assert first_batch(triples, tokenizer)[1].tolist() == [0, 1, 1]  # a negative of both makes them no group


def test_scores_classes_and_teachers_scores_are_the_targets(tokenizer):
    texts = (("a", "b"), ("c", "d"))
    _, y, weight = first_batch(MatchingExamples(texts, (0.5, 1.0)), tokenizer, batch_size=3)
    assert y.dtype == "float32" and y.tolist() == [0.5, 1, 0] and weight.tolist() == [1, 1, 0]
    _, y, _ = first_batch(MatchingExamples(texts, (1, 0), ("no", "yes")), tokenizer)
    assert y.dtype == "int32" and y.tolist() == [1, 0]
    teacher = MatchingExamples((("a", "b", "c"),), ((0.5, 0.25),))
    assert first_batch(teacher, tokenizer)[1].tolist() == [[0.5, 0.25]]


def test_prompts_stand_before_anchors_and_before_the_others(tokenizer):
    x, _, _ = first_batch(MatchingExamples((("a", "b"),)), tokenizer, prompts=("q ", "p p "))
    letters = {letter: number for number, letter in enumerate("abcdefghijklmnopq", len(SPECIAL_TOKENS))}
    assert x["token_ids"][0, 0, 1:3].tolist() == [letters["q"], letters["a"]]
    assert x["token_ids"][0, 1, 1:4].tolist() == [letters["p"], letters["p"], letters["b"]]


def test_texts_that_several_examples_have_are_tokenized_once(tokenizer):
    rows = MatchingRows(MatchingExamples.of_texts(["a", "b", "a"]), tokenizer, sequence_length=8)
    assert len(rows._texts.row_lengths) == 2
    assert rows.shared.keys() == {0, 2}


def test_equal_texts_are_kept_apart_in_each_epoch_the_same_again_where_a_run_resumes(tokenizer):
    letters = "abcdefghijklmnop"
    pairs = tuple((letters[i], "xyz"[i % 3] if i < 6 else letters[-i]) for i in range(12))
    rows = MatchingRows(MatchingExamples(pairs), tokenizer, sequence_length=8)

    def read(num_batches, start_step=0):
        dataset = batches(rows, batch_size=4, seed=3, start_step=start_step, repeat=True).take(num_batches)
        return [(x["token_ids"].tolist(), y.tolist()) for x, y, _ in dataset.as_numpy_iterator()]

    whole = read(6)
    assert all(len({*groups}) == 4 for _, groups in whole)
    assert sorted(map(str, whole[:3])) != sorted(map(str, whole[3:]))
    assert read(2, start_step=4) == whole[4:]


@pytest.mark.parametrize("labels, is_compared", [(tuple(range(16)), True), ((0, 1) * 8, False)])
def test_short_pairs_meet_long_ones_in_a_batch_that_is_compared(tokenizer, labels, is_compared):
    texts = tuple(("a " * (1, 8, 10, 12)[i % 4], "b") for i in range(16))
    examples = MatchingExamples(texts, labels, None if is_compared else ("no", "yes"))
    dataset = matching_dataset(examples, tokenizer, sequence_length=16, batch_size=8)
    lengths = [x["token_ids"].shape[2] for x, _, _ in dataset]
    assert max(lengths) == 14 and (min(lengths) == 14) == is_compared


def test_no_examples_are_refused(tokenizer):
    with pytest.raises(ValueError, match="expected one example or more"):
        MatchingRows(MatchingExamples(()), tokenizer, sequence_length=8)


def test_groups_of_a_batch_of_fillers_are_none(tokenizer):
    rows = MatchingRows(PAIRS, tokenizer, sequence_length=8)
    y, weight = rows.targets(np.array([-1, -1]), 8)
    assert y.numpy().tolist() == [-1, -1] and weight.numpy().tolist() == [0, 0]
