import json
from pathlib import Path

import pytest

from bert_keras.data.questions.character_scores import drcd_scores, korquad_scores
from bert_keras.data.questions.questions import Answer, Question

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "character_scores.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("rules", "scorer"), [("korquad", korquad_scores), ("drcd", drcd_scores)])
def test_scores_are_those_of_the_published_rules(rules, scorer):
    rows = [row for row in GOLDEN if row["rules"] == rules]
    assert len(rows) == 12 and len({row["f1"] for row in rows}) > 6
    for row in rows:
        questions = [Question(name, "", "", tuple(map(Answer, right))) for name, right, _ in row["questions"]]
        scores = scorer(questions, {name: given for name, _, given in row["questions"]})
        assert scores == {"exact": pytest.approx(row["exact"]), "f1": pytest.approx(row["f1"])}


def test_spaces_count_for_the_exact_match_of_korquad_alone():
    questions = [Question("1", "", "", (Answer("세종 대왕"),))]
    assert korquad_scores(questions, {"1": "세종대왕"}) == {"exact": 0.0, "f1": 1.0}
    assert drcd_scores(questions, {"1": "세종대왕!"}) == {"exact": 1.0, "f1": 1.0}


@pytest.mark.parametrize("scorer", [korquad_scores, drcd_scores])
def test_no_prediction_is_wrong_and_no_question_an_error(scorer):
    assert scorer([Question("1", "", "", (Answer("a"),))], {}) == {"exact": 0.0, "f1": 0.0}
    with pytest.raises(ValueError, match="no questions to score"):
        scorer([], {})
