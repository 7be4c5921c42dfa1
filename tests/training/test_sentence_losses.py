"""The losses of sentence encoders: values of sentence-transformers, fillers, groups, and what they refuse."""

import ast
import importlib.util
import json
import pathlib

import keras
import numpy as np
import pytest

from bert_keras import training

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
EXPECTED = json.loads((GOLDEN / "sentence_losses.json").read_text())
MATRYOSHKA = {"dims": (2, 7, 4), "weights": (0.25, 1.0, 0.5)}


def made(name):
    """Loss of ours and its arrays, as `tests/golden/make_sentence_losses.py` has them."""
    cases = _cases()
    texts, kind, loss, arguments = cases[name.removeprefix("matryoshka_")]
    loss = getattr(training, loss)(**arguments)
    loss = training.MatryoshkaLoss(loss, **MATRYOSHKA) if name.startswith("matryoshka") else loss
    rng = np.random.default_rng(texts)
    vectors = rng.normal(size=(9, texts, 7)).astype("float32")
    scores = rng.uniform(size=9).astype("float32")
    scores[3] = scores[4]
    targets = {"none": np.arange(9), "scores": scores, "labels": (scores > 0.5).astype("float32")}
    targets["teacher"] = rng.normal(size=(9, texts - 1)).astype("float32")
    return loss, targets[kind], vectors


def _cases():
    """Read the cases without the libraries that the script needs."""
    tree = ast.parse((GOLDEN / "make_sentence_losses.py").read_text())
    table = next(node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "CASES")
    return {ast.literal_eval(k): [ast.literal_eval(x) for x in v.elts[:4]] for k, v in zip(table.keys, table.values)}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_has_the_value_of_sentence_transformers_and_does_not_see_fillers(name):
    loss, targets, vectors = made(name)
    assert float(loss(targets, vectors)) == pytest.approx(EXPECTED[name], rel=1e-5, abs=1e-5)
    filled = [np.concatenate([array, array[:2]]) for array in (targets, vectors)]
    weights = np.array([1.0] * 9 + [0.0] * 2, "float32")
    assert float(loss(*filled, sample_weight=weights)) == pytest.approx(EXPECTED[name], rel=1e-5, abs=1e-5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(targets, vectors)) == pytest.approx(EXPECTED[name], rel=1e-5, abs=1e-5)


@pytest.mark.slow
def test_the_golden_values_are_those_of_the_sentence_transformers_that_is_installed():
    pytest.importorskip("sentence_transformers")
    spec = importlib.util.spec_from_file_location("make_sentence_losses", GOLDEN / "make_sentence_losses.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.expected() == pytest.approx(EXPECTED, rel=1e-6)


def test_rows_of_one_group_are_no_negatives_of_each_other():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3, 2, 4)).astype("float32")
    loss = training.MultipleNegativesRankingLoss(scale=1.0, similarity="dot")
    groups = np.array([2**31 - 1, 5, 2**31 - 1])  # more than float32 tells apart
    scores = np.einsum("id,jd->ij", vectors[:, 0], vectors[:, 1])
    seen = [[0, 1], [0, 1, 2], [1, 2]]
    expected = np.mean([np.log(np.exp(scores[i, js]).sum()) - scores[i, i] for i, js in enumerate(seen)])
    assert float(loss(groups, vectors)) == pytest.approx(expected, rel=1e-5)
    apart = float(loss(np.array([2**31 - 1, 5, 2**31 - 2]), vectors))
    assert apart > expected


def test_a_batch_of_fillers_alone_has_no_loss():
    for name in ("mnrl", "cosent", "margin_mse", "matryoshka_cosent"):
        loss, targets, vectors = made(name)
        assert float(loss(targets, vectors, sample_weight=np.zeros(9, "float32"))) == 0.0


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: training.MultipleNegativesRankingLoss(scale=0), "scale above 0"),
        (lambda: training.MultipleNegativesRankingLoss(similarity="euclidean"), "one of cosine, dot"),
        (lambda: training.TripletLoss(distance="dot"), "one of euclidean, cosine, manhattan"),
        (lambda: training.DistillKLDivLoss(temperature=0), "temperature above 0"),
        (lambda: training.MatryoshkaLoss(training.CoSENTLoss(), dims=(4, 2), weights=(1,)), "a weight for each"),
        (lambda: training.MatryoshkaLoss(training.CoSENTLoss(), dims=(4,))(np.ones(1), np.ones((1, 2, 3))), "as wide"),
        (lambda: training.CoSENTLoss()(np.ones(2), np.ones((2, 3, 4))), "vectors of 2 texts a row.*shape \\(2, 3, 4"),
        (lambda: training.MarginMSELoss()(np.ones((2, 3)), np.ones((2, 3, 4))), "each text but the query, \\(batch, 2"),
        (lambda: training.MultipleNegativesRankingLoss()(np.ones(2), np.ones((2, 4))), "2 or more texts a row"),
    ],
)
def test_what_a_loss_cannot_do_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("loss, targets", [("CosineSimilarityLoss", [0.5, 4.5]), ("ContrastiveLoss", [0.0, 2.0])])
def test_targets_that_no_cosine_can_be_are_refused(loss, targets):
    vectors = np.ones((2, 2, 3), "float32")
    with pytest.raises(ValueError, match=f"targets must be numbers from -?[01] to 1; received .* to {targets[1]}"):
        getattr(training, loss)()(np.array(targets, "float32"), vectors)
    float(getattr(training, loss)()(np.array(targets, "float32"), vectors, sample_weight=np.array([1.0, 0.0])))


def test_scores_are_not_taken_for_groups():
    with pytest.raises(ValueError, match="number of each row's group, .*received float32"):
        training.MultipleNegativesRankingLoss()(np.array([4.5, 1.0], "float32"), np.ones((2, 2, 3), "float32"))
