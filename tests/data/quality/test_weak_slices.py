"""Weak slices: those planted are found, by an exact test, and none where there are none."""

import numpy as np
import pytest

from bert_keras.data import text_features, weak_slices
from bert_keras.data.quality.weak_slices import binned

WORDS = np.array("the film was not so good and very long as ever seen it has some of a".split())


def texts_and_answers(seed, num_examples=400, accuracy=0.8):
    chosen = np.random.default_rng(seed)
    texts = [" ".join(chosen.choice(WORDS, chosen.integers(1, 15))) for _ in range(num_examples)]
    return texts, chosen.random(num_examples) < accuracy, chosen


def test_a_word_a_source_and_long_texts_that_are_hard_are_found_with_their_numbers():
    texts, is_correct, chosen = texts_and_answers(0, 1000, 0.95)
    has_word = np.array(["not" in text.split() for text in texts])
    sources = np.where(chosen.random(1000) < 0.2, "mail", "news")
    is_correct &= ~(has_word & (chosen.random(1000) < 0.3)) & ~((sources == "mail") & (chosen.random(1000) < 0.4))
    found = weak_slices(is_correct, {"source": sources}, texts=[text.upper() for text in texts])
    by_name = {(some.feature, some.value): some for some in found}
    assert by_name.keys() == {("word", "not"), ("source", "mail")}
    word = by_name["word", "not"]
    assert word.num_examples == has_word.sum() and word.accuracy == is_correct[has_word].mean()
    assert word.difference == pytest.approx(is_correct[~has_word].mean() - is_correct[has_word].mean())
    assert word.p_value <= word.q_value <= 0.05


def test_two_features_together_are_found_where_neither_alone_says_it():
    chosen = np.random.default_rng(1)
    one, other = chosen.integers(0, 2, 2000), chosen.integers(0, 2, 2000)
    is_correct = chosen.random(2000) < np.where(one == other, 0.6, 0.95)
    found = weak_slices(is_correct, {"a": one, "b": other})
    assert {some.value for some in found} == {"0 and 0", "1 and 1"} and found[0].feature == "a and b"
    assert not weak_slices(is_correct, {"a": one, "b": other}, crossed=False)


def test_the_chance_is_that_of_the_hypergeometric_distribution():
    hypergeom = pytest.importorskip("scipy.stats").hypergeom
    is_correct = np.array([True] * 50 + [False] * 30 + [True] * 20)
    found = weak_slices(is_correct, {"half": ["a"] * 50 + ["b"] * 50}, false_share=0.5)
    assert [some.value for some in found] == ["b"]
    assert found[0].p_value == pytest.approx(hypergeom.cdf(20, 100, 70, 50))


def test_the_shares_of_false_slices_are_those_of_benjamini_and_hochberg():
    adjust = pytest.importorskip("scipy.stats").false_discovery_control
    texts, is_correct, _ = texts_and_answers(3)
    found = weak_slices(is_correct, text_features(texts), texts=texts, false_share=0.999999)
    left_out = len(WORDS) + 4 - len(found)  # those of share 1
    adjusted = adjust([some.p_value for some in found] + [1.0] * left_out)
    assert len(found) > 5 and [some.q_value for some in found] == pytest.approx(adjusted[: len(found)])


def test_on_shuffled_answers_slices_are_invented_as_rarely_as_was_asked():
    """Where nothing is weak, any slice at all is a false one: at most one data set in twenty may have some."""
    texts, is_correct, chosen = texts_and_answers(0, 80)
    features, num_with_some = text_features(texts, labels=chosen.choice(["p", "n"], 80)), 0
    for _ in range(60):
        num_with_some += bool(weak_slices(chosen.permutation(is_correct), features, texts=texts, least_examples=10))
    assert num_with_some <= 7  # at most 3 are expected; 8 or more would come by chance in one of 70 such tests


def test_small_groups_and_features_with_a_value_for_each_example_are_left_out():
    is_correct = np.arange(2000) >= 19
    names = [str(number) for number in range(2000)]
    assert not weak_slices(is_correct, {"name": names, "rare": np.arange(2000) < 19})
    assert weak_slices(is_correct, {"rare": np.arange(2000) < 19}, least_examples=19)
    assert not weak_slices([True] * 100, {"all": ["x"] * 100})


def test_lengths_are_cut_into_parts_of_equally_many_and_pairs_are_compared():
    assert binned([5] * 9, 4) == ["5"] * 9 and binned([], 4) == []
    features = text_features(["a b c", "a", "A b", "a"], ["a", "a b c d", "c d", "b c d e"], list("xyxy"), num_bins=2)
    assert features["longer"] == ["first", *["not first"] * 3] and features["label"] == list("xyxy")
    assert features["length"] == ["below 5", "from 5", "below 5", "from 5"]
    assert features["overlap"] == ["from 1", "from 1", "below 1", "below 1"]
    assert text_features(["\u5317\u4eac\u5e02", "so"], num_bins=2)["length"] == ["from 3", "below 3"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0.5, 1], {}), "expected True or False"),
        (([True, False], {"a": [1]}), "feature 'a' has 1 values, expected 2"),
        (([True, False], {}, ["so"]), "expected 2 texts"),
        (([True, False], {}, ["so"] * 3), "expected 2 texts"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        weak_slices(*arguments[:2], texts=arguments[2] if len(arguments) > 2 else ())
    with pytest.raises(ValueError, match="least_examples of 1 or more"):
        weak_slices([True], {}, least_examples=0)
    with pytest.raises(ValueError, match="expected 1 labels"):
        text_features(["a"], labels=["x", "y"])
