import functools

import numpy as np
import pytest

from bert_keras.data import MatchingExamples, RetrievalSet
from bert_keras.inference import NearestTexts, nearest_texts, score_matching, score_retrieval, search_run
from bert_keras.training.callbacks import TaskScores

pytestmark = pytest.mark.slow_elsewhere


def count(texts):
    """Vectors of texts: how often they have each letter."""
    return np.array([[text.count(letter) for letter in "abcd"] for text in texts], "float32")


@pytest.mark.parametrize("block", [3, 100])
def test_the_nearest_texts_are_those_of_the_whole_matrix_product_whatever_the_block(monkeypatch, block):
    monkeypatch.setattr(nearest_texts, "_BLOCK", block)
    monkeypatch.setattr(nearest_texts, "_QUERIES", 2)
    chosen = np.random.default_rng(0)
    vectors = chosen.normal(size=(20, 4))
    names = [f"t{i}" for i in range(20)]
    nearest = NearestTexts(lambda texts: vectors[[names.index(text) for text in texts]], names)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers, cosines = nearest.search(names[:5], top_k=4)
    assert numbers.tolist() == np.argsort(-unit[:5] @ unit.T, axis=1)[:, :4].tolist()
    np.testing.assert_allclose(cosines, -np.sort(-unit[:5] @ unit.T, axis=1)[:, :4], atol=1e-6)


def test_equal_texts_come_in_their_order_and_nothing_behind_the_last():
    numbers, cosines = NearestTexts(count, ["b", "a", "a"]).search(["a"], top_k=5)
    assert numbers.tolist() == [[1, 2, 0, -1, -1]] and cosines.tolist() == [[1, 1, 0, 0, 0]]
    assert NearestTexts(count, ["b"]).search([], top_k=2)[0].shape == (0, 2)


def test_vectors_of_zeros_or_nan_name_their_text():
    with pytest.raises(ValueError, match="received zeros for 'xyz', and 1 such in all"):
        NearestTexts(count, ["a", "xyz"])
    with pytest.raises(ValueError, match="received numbers that are not finite for 'a'"):
        NearestTexts(lambda texts: np.full((len(texts), 2), np.nan), ["a"])
    with pytest.raises(ValueError, match="at least one text"):
        NearestTexts(count, [])
    with pytest.raises(ValueError, match="top_k must be at least 1, received 0"):
        NearestTexts(count, ["a"]).search(["a"], 0)


def test_scored_pairs_have_the_correlations_of_their_cosines():
    examples = MatchingExamples((("ab", "ab"), ("ab", "ac"), ("ab", "cd"), ("a", "aab")), (5.0, 3.0, 0.0, 4.0))
    cosines = [1, 0.5, 0, 2 / 5**0.5]
    scores = score_matching(count, examples)
    assert scores["spearman"] == pytest.approx(1) and scores.keys() == {"spearman", "pearson"}
    assert scores["pearson"] == pytest.approx(np.corrcoef(cosines, examples.labels)[0, 1], abs=1e-5)


def test_classes_are_scored_as_duplicates_and_triples_by_what_is_nearer():
    texts = (("ab", "ab"), ("ab", "cd"), ("ab", "ac"))
    scores = score_matching(count, MatchingExamples(texts, (1, 0, 1), ("no", "yes")))
    assert scores["accuracy"] == scores["f1"] == scores["average_precision"] == 1
    assert scores["f1_threshold"] == pytest.approx(0.25)
    triples = MatchingExamples((("a", "ab", "b", "c"), ("a", "ab", "b", "a")))
    assert score_matching(count, triples) == {"accuracy": 0.5}
    with pytest.raises(ValueError, match="Expected two classes, a match and none; received a, b, c"):
        score_matching(count, MatchingExamples(texts, (0, 1, 2), ("a", "b", "c")))
    with pytest.raises(ValueError, match="one example or more"):
        score_matching(count, MatchingExamples(()))


def test_pairs_that_match_are_searched_for_among_each_other():
    examples = MatchingExamples((("a", "aab"), ("b", "abb"), ("a", "aac"), ("c", "aaaac")))
    scores = score_matching(count, examples, measures=["mrr@10", "recall@2"])
    assert scores == {"mrr@10": pytest.approx((1 / 2 + 1 + 1 / 2) / 3), "recall@2": pytest.approx((0.5 + 1 + 1) / 3)}


def test_a_collection_is_scored_and_its_run_is_that_of_the_search():
    documents, qrels = {"d1": "aab", "d2": "b", "d3": "dab"}, {"q1": {"d1": 1}, "q2": {"d2": 1}}
    collection = RetrievalSet({"q1": "a", "q2": "d"}, documents, qrels)
    run = search_run(NearestTexts(count, list(collection.documents.values())).search, collection, top_k=2)
    assert {query: list(found) for query, found in run.items()} == {"q1": ["d1", "d3"], "q2": ["d3", "d1"]}
    scores = score_retrieval(count, collection, measures=["ndcg@10", "recall@1"], query_embed=count)
    assert scores == {"ndcg@10": pytest.approx((1 + 1 / np.log2(3)) / 2), "recall@1": 0.5}


def test_validation_publishes_the_scores_of_each_epoch():
    examples = MatchingExamples((("ab", "ab"), ("ab", "cd")), (1.0, 0.0))
    logs = {}
    TaskScores(functools.partial(score_matching, count, examples)).on_epoch_end(0, logs)
    assert logs["val_spearman"] == pytest.approx(1)
    pairs = MatchingExamples((("a", "aab"), ("b", "abb")))
    TaskScores(functools.partial(score_matching, count, pairs)).on_epoch_end(0, logs)
    assert logs["val_ndcg@10"] == 1
