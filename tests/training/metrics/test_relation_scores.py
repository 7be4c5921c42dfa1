import pytest

from bert_keras.training.metrics.relation_scores import relation_scores


def test_directions_count_and_other_is_left_out():
    true = ["A(e1,e2)", "A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "Other", "Other", "B(e2,e1)"]
    predicted = ["A(e1,e2)", "A(e2,e1)", "A(e2,e1)", "Other", "A(e1,e2)", "Other", "B(e2,e1)"]
    scores = relation_scores(true, predicted)
    # A: 2 right of 4 predicted and 3 true; B: 1 of 1 and 2.
    assert scores["A"] == pytest.approx({"precision": 1 / 2, "recall": 2 / 3, "f1": 4 / 7, "support": 3})
    assert scores["B"] == pytest.approx({"precision": 1, "recall": 1 / 2, "f1": 2 / 3, "support": 2})
    macro = {"precision": 3 / 4, "recall": 7 / 12, "f1": (4 / 7 + 2 / 3) / 2, "support": 5}
    assert scores["macro"] == pytest.approx(macro)
    assert scores["micro"] == pytest.approx({"precision": 3 / 5, "recall": 3 / 5, "f1": 3 / 5, "support": 5})
    assert list(scores) == ["micro", "macro", "A", "B"]


@pytest.mark.parametrize("other", ["Other", "no_relation", "NA"])
def test_the_label_of_examples_without_a_relation_is_known_by_name(other):
    scores = relation_scores(["A", other, other], ["A", "A", other])
    assert scores["A"]["precision"] == scores["micro"]["precision"] == 0.5 and list(scores) == ["micro", "macro", "A"]
    with pytest.raises(ValueError, match="one label of examples without a relation"):
        relation_scores(["Other", "no_relation", "NA"], ["A"] * 3)


def test_relations_without_direction_and_none_at_all():
    assert relation_scores(["A", "NA"], ["A", "A"], other="NA")["A"]["precision"] == 0.5
    assert relation_scores(["Other"], ["A(e1,e2)"])["macro"]["f1"] == 0
    with pytest.raises(ValueError, match="Expected 1 predicted relations, received 2"):
        relation_scores(["A"], ["A", "A"])


@pytest.mark.slow
def test_the_macro_average_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    import random

    chosen = random.Random(0)
    names = ["A", "B", "C", "Other"]  # without directions the official scorer's numbers are the plain ones
    true, predicted = (chosen.choices(names, k=500) for _ in range(2))
    expected = metrics.f1_score(true, predicted, labels=names[:3], average="macro")
    assert relation_scores(true, predicted)["macro"]["f1"] == pytest.approx(expected)
