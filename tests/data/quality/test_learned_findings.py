"""What models say of labelled texts, as findings of a report."""

import numpy as np
import pytest

from bert_keras.data import CheckedPart, Examples, checked_part, find_wrong_labels, labelled_texts, wrong_label_sets


def test_a_checked_part_becomes_the_examples_that_it_was():
    for examples in (
        Examples(("a", "b"), labels=(1, 0), label_names=("n", "p"), places=("f:1", "f:2")),
        Examples(("a", "b"), ("c", "d"), labels=((0, 1), ()), label_names=("n", "p"), places=("f:1", "f:2")),
    ):
        again = labelled_texts(checked_part(examples, "train"))
        assert again == examples and again.places == examples.places


def test_what_has_no_classes_to_learn_is_refused():
    part = CheckedPart("train", (("a",),), ("f:1",), ("a",))
    with pytest.raises(ValueError, match="expected texts or pairs with classes in train"):
        labelled_texts(part)


def test_labels_that_are_missing_and_too_many_are_said_as_such():
    labels = np.array([[1], [1], [0], [0], [0], [1]])
    found = wrong_label_sets(labels, np.array([[0.9], [0.8], [0.1], [0.2], [0.95], [0.02]]))
    examples = Examples(tuple("abcdef"), labels=((0,), (0,), (), (), (), (0,)), label_names=("toxic",))
    assert [(finding.place, finding.what) for finding in find_wrong_labels(examples, found)] == [
        ("example 5", "'toxic' is given, which has a probability of 0.02"),
        ("example 4", "'toxic' is not given, which has a probability of 0.05"),
    ]
