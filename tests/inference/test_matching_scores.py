import functools

import numpy as np
import pytest

from bert_keras.data import MatchingExamples, RetrievalSet
from bert_keras.inference import score_matching, score_pairs, score_retrieval, search_run
from bert_keras.inference.search import NearestTexts
from bert_keras.training.callbacks import TaskScores

pytestmark = pytest.mark.slow_elsewhere


def count(texts):
    """Vectors of texts: how often they have each letter."""
    return np.array([[text.count(letter) for letter in "abcd"] for text in texts], "float32")


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


def test_a_cross_encoder_is_scored_by_the_same_measures_of_what_it_makes_of_both_texts():
    def common(firsts, seconds):
        return np.array([len({*first} & {*second}) for first, second in zip(firsts, seconds, strict=True)])

    texts = (("ab", "ab"), ("ab", "cd"), ("ab", "ac"))
    assert score_pairs(common, MatchingExamples(texts, (2.0, 0.0, 1.0)))["pearson"] == pytest.approx(1)
    assert score_pairs(common, MatchingExamples(texts, (1, 0, 1), ("no", "yes")))["f1"] == 1
    taught = MatchingExamples((("a", "ab", "b", "c"), ("a", "c", "b", "a")), ((2.0, 1.0, 1.0), (0.0, 1.0, 3.0)))
    assert score_pairs(common, taught) == {"accuracy": 0.5}
    for nothing in MatchingExamples(texts), RetrievalSet({"q": "a"}, {"d": "a"}, {"q": {"d": 1}}):
        with pytest.raises(ValueError, match="or matches with negatives, of which a cross-encoder reads each"):
            score_pairs(common, nothing)


def test_pairs_that_match_are_searched_for_among_each_other():
    examples = MatchingExamples((("a", "aab"), ("b", "abb"), ("a", "aac"), ("c", "aaaac")))
    scores = score_matching(count, examples, measures=["mrr@10", "recall@2"])
    assert scores == {"mrr@10": pytest.approx((1 / 2 + 1 + 1 / 2) / 3), "recall@2": pytest.approx((0.5 + 1 + 1) / 3)}


def test_a_collection_is_scored_and_its_run_is_that_of_the_search():
    documents, qrels = {"d1": "aab", "d2": "b", "d3": "dab"}, {"q1": {"d1": 1}, "q2": {"d2": 1}}
    collection = RetrievalSet({"q1": "a", "q2": "d"}, documents, qrels)
    run = search_run(NearestTexts(count, list(collection.documents.values())).search, collection, top_k=2)
    assert {query: list(found) for query, found in run.items()} == {"q1": ["d1", "d3"], "q2": ["d3", "d1"]}
    scores = score_retrieval(count, collection, measures=["ndcg@10", "recall@1"], query_encoder=count)
    assert scores == {"ndcg@10": pytest.approx((1 + 1 / np.log2(3)) / 2), "recall@1": 0.5}


def test_validation_publishes_the_scores_of_each_epoch():
    examples = MatchingExamples((("ab", "ab"), ("ab", "cd")), (1.0, 0.0))
    logs = {}
    TaskScores(functools.partial(score_matching, count, examples)).on_epoch_end(0, logs)
    assert logs["val_spearman"] == pytest.approx(1)
    pairs = MatchingExamples((("a", "aab"), ("b", "abb")))
    TaskScores(functools.partial(score_matching, count, pairs)).on_epoch_end(0, logs)
    assert logs["val_ndcg@10"] == 1
