import collections
import random

import pytest

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.classification.split import split_examples


def examples_of(rows, **options):
    return read_examples(rows, text_column=0, label_column=1, **options)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_each_class_is_split_alike_and_nothing_is_lost(share):
    examples = examples_of([(f"text {i}", "rare" if i % 10 == 0 else "frequent") for i in range(200)])
    rest, part = split_examples(examples, share)
    assert sorted(rest.texts + part.texts) == sorted(examples.texts)
    assert collections.Counter(part.labels) == {0: 180 * share, 1: 20 * share}
    assert rest.label_names == part.label_names == examples.label_names


def test_the_split_is_a_function_of_seed_and_texts_not_of_their_order():
    rows = [(f"text {i}", "ab"[i % 2]) for i in range(50)]
    _, part = split_examples(examples_of(rows), 0.2)
    random.Random(1).shuffle(rows)
    _, again = split_examples(examples_of(rows), 0.2)
    _, other = split_examples(examples_of(rows), 0.2, seed=1)
    assert set(part.texts) == set(again.texts) != set(other.texts)


def test_equal_texts_stay_on_one_side():
    rows = [(f"{' ' * (i % 3)}Text {i % 20}" if i % 2 else f"text {i % 20}", "ab"[i % 2]) for i in range(200)]
    rest, part = split_examples(examples_of(rows), 0.3)
    assert not {text.strip().lower() for text in rest.texts} & {text.strip().lower() for text in part.texts}


def test_a_class_of_two_texts_is_on_both_sides_and_of_one_in_training():
    examples = examples_of([*((f"text {i}", "a") for i in range(20)), ("b 1", "b"), ("b 2", "b"), ("c 1", "c")])
    rest, part = split_examples(examples, 0.1)
    assert set(rest.labels) == {0, 1, 2} and set(part.labels) == {0, 1}


def test_pairs_numbers_and_several_labels_are_split():
    pairs = Examples(
        tuple(f"{i // 2}" for i in range(40)), tuple(map(str, range(40))), tuple(i % 2 for i in range(40)), ("a", "b")
    )
    rest, part = split_examples(pairs, 0.25)
    assert len(part) == 10 and part.second_texts and len(rest.second_texts) == 30
    numbers = examples_of([(f"text {i}", i) for i in range(100)], regression=True)
    _, part = split_examples(numbers, 0.2)
    assert len(part) == 20 and sum(number < 50 for number in part.labels) == 10
    several = examples_of(
        [(f"text {i}", ["x", "x|y", "", "z"][i % 4] if i else "x|y|z") for i in range(40)], label_separator="|"
    )
    _, part = split_examples(several, 0.25)
    assert 8 <= len(part) <= 12


@pytest.mark.parametrize("share", [0, 1, 20, -0.1])
def test_a_share_out_of_range_is_an_error(share):
    with pytest.raises(ValueError, match="between 0 and 1, received"):
        split_examples(examples_of([("a", "x"), ("b", "y")]), share)


def test_what_cannot_be_split_is_an_error():
    with pytest.raises(ValueError, match="no class has two different texts"):
        split_examples(examples_of([("a", "x"), ("A", "x"), ("b", "y")]), 0.5)
    with pytest.raises(ValueError, match="expected labelled texts"):
        split_examples(Examples(("a", "b")), 0.5)
