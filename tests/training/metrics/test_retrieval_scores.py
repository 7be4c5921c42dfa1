import importlib
import json
import pathlib
import random
import sys

import pytest

from bert_keras.training import retrieval_scores

GOLDEN = pathlib.Path(__file__).parents[2] / "golden"
CASES = json.loads((GOLDEN / "retrieval_scores.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_scores_are_trec_evals(case):
    scores = retrieval_scores(case["run"], case["qrels"], measures=list(case["scores"]))
    assert scores == pytest.approx(case["scores"])


@pytest.mark.slow
def test_scores_are_trec_evals_on_many_random_runs(monkeypatch):
    pytest.importorskip("ir_measures")
    monkeypatch.setattr(sys, "path", [str(GOLDEN), *sys.path])
    golden = importlib.import_module("make_retrieval_scores")
    for seed in range(200):
        run, qrels = golden.random_case(random.Random(100 + seed))
        assert retrieval_scores(run, qrels, measures=list(golden.MEASURES)) == pytest.approx(
            golden.scores_of(run, qrels)
        )


def test_ranked_ids_are_scored_in_their_order():
    qrels = {"q": {"a": 1, "b": 1}}
    assert retrieval_scores({"q": ["c", "a", "b"]}, qrels, measures=["mrr@10", "mrr@1", "map", "precision@2"]) == {
        "mrr@10": 0.5, "mrr@1": 0, "map": pytest.approx((1 / 2 + 2 / 3) / 2), "precision@2": 0.5,
    }  # fmt: skip


def test_scores_that_are_equal_in_float32_tie():
    qrels = {"q": {"a": 1}}
    for score, expected in ((1 + 1e-9, 0.5), (1 + 1e-6, 1.0)):
        assert retrieval_scores({"q": {"a": score, "b": 1.0}}, qrels, measures=["mrr"]) == {"mrr": expected}


def test_queries_without_judgement_and_those_not_searched_are_counted(caplog):
    assert retrieval_scores({"q": ["a"], "r": ["a"]}, {"q": {"a": 1}, "s": {"b": 1}}, measures=["map"]) == {"map": 0.5}
    assert "1 of 2 queries have no judgement and do not count, the first: r" in caplog.text
    assert "1 of 2 judged queries are not in the run, the first: s" in caplog.text


def test_what_cannot_be_scored_is_refused():
    qrels = {"q": {"a": 1}}
    with pytest.raises(ValueError, match=r"No query of the run has a judgement: it has \['1'\]"):
        retrieval_scores({"1": ["a"]}, qrels)
    with pytest.raises(ValueError, match="A document was found twice for query 'q'"):
        retrieval_scores({"q": ["a", "a"]}, qrels)
    with pytest.raises(ValueError, match="found for query 'q' is NaN"):
        retrieval_scores({"q": {"a": float("nan")}}, qrels)
    for name in ("recall", "ndcg@0", "ndcg@x", "f1"):
        with pytest.raises(ValueError, match=f"received '{name}'"):
            retrieval_scores({"q": ["a"]}, qrels, measures=[name])
