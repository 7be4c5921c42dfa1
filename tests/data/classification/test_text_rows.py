import itertools
import logging

import numpy as np
import pytest

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.text_rows import classification_dataset

TEXTS = [" ".join(["d1x1"] * length) for length in (1, 20, 3, 40, 5, 30, 7, 8, 9, 10, 11)]
LABELS = tuple(range(len(TEXTS)))


def batches_of(dataset, num_batches=None):
    return list(itertools.islice(dataset.as_numpy_iterator(), num_batches))


@pytest.fixture(scope="module")
def make(tokenizer):
    examples = Examples(tuple(TEXTS), None, LABELS, tuple(map(str, LABELS)))

    def make(examples=examples, **options):
        defaults = {"sequence_length": 32, "batch_size": 4, "training": True, "buckets": (16, 32), "seed": 1}
        return classification_dataset(examples, tokenizer, **{**defaults, **options})

    return make


def read(dataset, num_batches=None):
    """Labels of the real rows, batch by batch, after checking the rows against the labels."""
    labels = []
    for x, y, weights in batches_of(dataset, num_batches):
        assert len(y) == len(weights) == 4
        assert set(weights) <= {0, 1}
        needed = np.minimum([len(TEXTS[label].split()) + 2 for label in y], 32)
        assert (x["padding_mask"].sum(axis=1)[weights == 1] == needed[weights == 1]).all()
        assert (x["padding_mask"].sum(axis=1)[weights == 0] == 2).all()
        labels.append(y[weights == 1].tolist())
    return labels


def test_every_epoch_has_every_example_once_in_another_order(make):
    dataset = make()
    epochs = [read(dataset) for _ in range(3)]
    assert dataset.cardinality() == len(epochs[0]) == 3
    assert all(sorted(sum(epoch, [])) == list(LABELS) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_each_batch_has_one_of_the_bucket_lengths(make):
    shapes = {x["token_ids"].shape for x, _, _ in batches_of(make())}
    assert shapes == {(4, 16), (4, 32)}


def test_looking_at_a_batch_changes_no_order(make):
    one, two = make(), make()
    next(iter(one))
    assert [read(one), read(one)] == [read(two), read(two)]


def test_a_run_goes_on_at_an_epoch_or_inside_one(make):
    dataset = make()
    epochs = [read(dataset) for _ in range(3)]
    assert read(make(start_step=3)) == epochs[1]
    stream = epochs[0] + epochs[1] + epochs[2]
    assert read(make(repeat=True), 9) == stream
    assert read(make(repeat=True, start_step=4), 5) == stream[4:]


def test_the_first_pass_of_a_run_that_goes_on_inside_an_epoch_is_as_long_as_any(make):
    dataset = make()
    stream = [batch for _ in range(4) for batch in read(dataset)]
    resumed = make(start_step=4)
    assert resumed.cardinality() == 3
    assert read(resumed) == stream[4:7]
    assert read(resumed) == stream[6:9]


def test_whole_epochs_follow_an_epoch_that_was_entered_in_the_middle_and_left_at_its_end(make):
    dataset = make()
    epochs = [read(dataset) for _ in range(3)]
    resumed = make(start_step=4)
    next(iter(resumed))  # as Keras does to see the shapes
    assert read(resumed, 2) == epochs[1][1:]
    assert read(resumed) == epochs[2]


def test_evaluation_keeps_the_order_and_fills_up_with_rows_of_weight_0(make):
    assert read(make(training=False)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


def test_one_bucket_has_a_static_shape(make):
    x, y, weights = make(buckets=[32]).element_spec
    assert x["token_ids"].shape == (4, 32) and y.shape == weights.shape == (4,)


def test_pairs_lose_tokens_of_the_longer_text(make, vocabulary, caplog):
    examples = Examples(("d1x1 " * 30, "d1x1 " * 3), ("d2x2 " * 20, "d2x2"), (0.5, 2.0))
    with caplog.at_level(logging.WARNING):
        x, y, _ = batches_of(make(examples, training=False))[0]
    assert "1 of 2 pairs of texts are longer than sequence_length=32 and were cut; the longest needs 53" in caplog.text
    words = [[vocabulary.tokens[token] for token in row] for row in x["token_ids"]]
    assert words[0] == ["[CLS]", *["d1x1"] * 15, "[SEP]", *["d2x2"] * 14, "[SEP]"]
    assert words[1][:8] == ["[CLS]", "d1x1", "d1x1", "d1x1", "[SEP]", "d2x2", "[SEP]", "[PAD]"]
    assert x["segment_ids"][1].tolist() == [0] * 5 + [1] * 2 + [0] * 25
    assert y.dtype == np.float32 and y.tolist() == [0.5, 2.0, 0, 0]


def test_texts_without_labels_give_inputs_only(make):
    batches = batches_of(make(Examples(("d1x1", "d1x2")), training=False))
    assert set(batches[0]) == {"token_ids", "segment_ids", "padding_mask"}


def test_labels_are_renumbered_by_the_names_of_training(make):
    examples = Examples(("d1x1", "d1x2"), None, (0, 1), ("b", "c"))
    assert batches_of(make(examples, training=False, label_names=("a", "b", "c")))[0][1].tolist() == [1, 2, 0, 0]
    with pytest.raises(ValueError, match=r"labels \['c'\] are not among the known ones: 'a', 'b'"):
        make(examples, label_names=("a", "b"))


def test_empty_texts_are_rows_of_special_tokens(make):
    x, _, weights = batches_of(make(Examples(("", ""), None, (0, 1), ("a", "b")), training=False))[0]
    assert x["padding_mask"].sum(axis=1).tolist() == [2, 2, 2, 2] and weights.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("buckets", [(32, 16), (16,), (4, 32), (16, 16, 32), ()])
def test_impossible_buckets_raise(make, buckets):
    with pytest.raises(ValueError, match="buckets must ascend"):
        make(buckets=buckets)
