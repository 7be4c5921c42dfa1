"""Labels that are probably wrong, held by cleanlab's answers."""

import json
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data import label_quality, wrong_label_sets, wrong_labels, wrong_tags
from bert_keras.data.quality.confident_learning import METHODS

GOLDEN = json.loads((pathlib.Path(__file__).parents[2] / "golden" / "wrong_labels.json").read_text())
SURE = np.array([[0.9, 0.1], [0.1, 0.9]])


def problem(seed, num_examples, num_classes, share):
    chosen = np.random.default_rng(seed)
    truth = chosen.integers(0, num_classes, num_examples)
    logits = chosen.normal(0, 1, (num_examples, num_classes))
    logits[np.arange(num_examples), truth] += chosen.uniform(0.5, 4)
    probabilities = np.exp(logits)
    is_turned = chosen.random(num_examples) < share
    labels = np.where(is_turned, chosen.integers(0, num_classes, num_examples), truth)
    return labels, probabilities / probabilities.sum(1, keepdims=True), labels != truth


@pytest.mark.parametrize("case", range(len(GOLDEN["classes"])))
def test_each_method_finds_what_cleanlab_finds_in_its_order(case):
    case = GOLDEN["classes"][case]
    for method in METHODS:
        found = wrong_labels(case["labels"], np.array(case["probabilities"]), method=method)
        assert found.numbers.tolist() == case["found"][method], method
    np.testing.assert_allclose(found.thresholds, case["thresholds"])
    assert found.joint.tolist() == case["joint"]
    for score, values in case["scores"].items():
        np.testing.assert_allclose(label_quality(case["labels"], np.array(case["probabilities"]), score), values)


def test_tags_are_found_as_cleanlab_finds_them():
    case = GOLDEN["tags"]
    places, _ = wrong_tags(case["tags"], [np.array(some) for some in case["probabilities"]])
    assert [list(place) for place in places] == case["found"]


def test_labels_that_are_missing_or_too_many_are_found_as_cleanlab_finds_them():
    case = GOLDEN["several"]
    found = wrong_label_sets(case["labels"], np.array(case["probabilities"]))
    is_found = np.zeros(np.shape(case["labels"]), bool)
    for label, some in enumerate(found):
        is_found[some.numbers, label] = True
    assert is_found.tolist() == case["found"]


@pytest.mark.parametrize("seed", range(20))
def test_cleanlab_finds_the_same_in_random_problems(seed):
    """Its joint differs from ours where two remainders are equal and one is rounded up; so it is given ours."""
    find_label_issues = pytest.importorskip("cleanlab.filter").find_label_issues
    labels, probabilities, _ = problem(seed, 40 + 12 * seed, 2 + seed % 5, 0.02 * (seed % 11))
    for method in METHODS:
        found = wrong_labels(labels, probabilities, method=method)
        own = {} if method == "confident_learning" else {"confident_joint": found.joint}
        is_found = find_label_issues(labels, probabilities, filter_by=method, n_jobs=1, **own)
        assert sorted(found.numbers) == np.flatnonzero(is_found).tolist(), method


@given(st.integers(0, 999), st.integers(20, 120), st.integers(2, 5), st.sampled_from(METHODS))
def test_the_joint_has_all_labels_and_nothing_is_found_that_a_model_would_say(seed, num_examples, num_classes, method):
    labels, probabilities, _ = problem(seed, num_examples, num_classes, 0.2)
    found = wrong_labels(labels, probabilities, method=method)
    assert found.joint.sum(1).tolist() == np.bincount(labels, minlength=num_classes).tolist()
    if method != "low_self_confidence":
        assert (probabilities.argmax(1)[found.numbers] != labels[found.numbers]).all()
    assert (found.suggested != labels).all() and 0 <= found.estimated_share <= 1
    assert (np.diff(found.quality[found.numbers]) >= 0).all()


def test_by_low_self_confidence_a_label_may_be_found_that_the_model_would_say_as_cleanlab_does():
    labels, probabilities, _ = problem(154, 26, 5, 0.2)  # an example whose likeliest class, its label, has 0.295
    found = wrong_labels(labels, probabilities, method="low_self_confidence")
    counted = wrong_labels(labels, probabilities, method="confident_learning")
    assert found.numbers.tolist() == np.argsort(found.quality)[: len(counted.numbers)].tolist()
    assert (probabilities.argmax(1)[found.numbers] == labels[found.numbers]).any()


def test_turned_labels_are_found_where_the_model_is_good():
    labels, probabilities, is_turned = problem(12, 2000, 3, 0.1)
    found = wrong_labels(labels, probabilities)
    assert is_turned[found.numbers].mean() > 0.5 and is_turned[found.numbers].sum() > 0.5 * is_turned.sum()
    assert abs(found.estimated_share - is_turned.mean()) < 0.1


def test_nothing_is_found_where_all_labels_are_what_the_model_says():
    assert not len(wrong_labels([0, 1] * 3, np.tile(SURE, (3, 1))).numbers)


def test_examples_that_are_not_judged_count_nowhere():
    labels, probabilities, _ = problem(1, 100, 3, 0.2)
    is_judged = np.arange(100) % 3 > 0
    found = wrong_labels(labels, probabilities, is_judged=is_judged)
    alone = wrong_labels(labels[is_judged], probabilities[is_judged])
    assert found.numbers.tolist() == np.flatnonzero(is_judged)[alone.numbers].tolist()
    assert np.isnan(found.quality[~is_judged]).all() and found.joint.tolist() == alone.joint.tolist()


def test_a_class_without_examples_is_never_suggested_by_the_joint_and_is_said(caplog):
    probabilities = np.array([[0.5, 0.1, 0.4]] * 3 + [[0.1, 0.6, 0.3]] * 3)
    found = wrong_labels([0, 0, 0, 1, 1, 1], probabilities)
    assert found.thresholds[2] == np.inf and not found.joint[:, 2].any()
    assert "1 of 3 classes have no example" in caplog.text


@pytest.mark.parametrize(
    ("labels", "probabilities", "said"),
    [
        ([0, 2], SURE, "labels from 0 to 1.*example 1 has 2"),
        ([-1, 0], SURE, "example 0 has -1"),
        ([0, 0.5], SURE, "whole numbers, example 1 has 0.5"),
        ([0], SURE, "expected 2 labels"),
        ([0, 1], SURE * 2, "sum to 1; those of example 0 .*and 1 more are like it; logits become probabilities"),
        ([0, 1], np.array([[0.5, 0.5], [np.nan, 1]]), "the probabilities of example 1 are"),
        ([0, 1], np.array([[1.5, -0.5], [0, 1]]), "sum to 1; those of example 0"),
        ([0, 1], np.ones((2, 1)), "two classes or more"),
        ([], np.ones((0, 2)), "two classes or more"),
    ],
)
def test_what_are_no_labels_or_probabilities_is_refused(labels, probabilities, said):
    with pytest.raises(ValueError, match=said):
        wrong_labels(labels, probabilities)


def test_unknown_methods_and_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="expected a method of prune_by_noise_rate"):
        wrong_labels([0, 1], SURE, method="guess")
    with pytest.raises(ValueError, match="expected a score of self_confidence"):
        wrong_labels([0, 1], SURE, ranked_by="guess")
    with pytest.raises(ValueError, match="sentence 0 has 1 tags, and probabilities of 2 words"):
        wrong_tags([[0]], [SURE])
    with pytest.raises(ValueError, match="of one shape"):
        wrong_label_sets(np.ones((2, 3)), SURE)
    with pytest.raises(ValueError, match="is_judged of 2 examples"):
        wrong_labels([0, 1], SURE, is_judged=[False])
