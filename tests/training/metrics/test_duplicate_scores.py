import json
import pathlib

import numpy as np
import pytest

from bert_keras.training import duplicate_scores

CASES = json.loads((pathlib.Path(__file__).parents[2] / "golden" / "duplicate_scores.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_sentence_transformers_and_scikit_learn(case):
    assert duplicate_scores(case["similarities"], case["labels"]) == pytest.approx(case["scores"])


def test_where_no_similarity_helps_no_pair_is_taken_for_a_match():
    scores = duplicate_scores([0.9, 0.5, 0.1], [0, 0, 1])
    assert scores["accuracy"] == pytest.approx(2 / 3) and scores["accuracy_threshold"] > 0.9
    assert scores["f1"] == 0.5 and scores["f1_threshold"] == 0.1


def test_pairs_that_cannot_be_scored_are_refused():
    with pytest.raises(ValueError, match=r"as many labels as similarities, received \(1,\) and \(2,\)"):
        duplicate_scores([0.1, 0.2], [1])
    with pytest.raises(ValueError, match="finite similarities, received 1 that are not"):
        duplicate_scores([0.1, np.nan], [1, 0])
    for labels in ([1, 1], [0, 2]):
        with pytest.raises(ValueError, match="Expected labels 0 and 1, both of them"):
            duplicate_scores([0.1, 0.2], labels)
