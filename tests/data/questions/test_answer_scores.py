import json
from pathlib import Path

import pytest

from bert_keras.data.questions.answer_scores import best_no_answer_threshold, cmrc_scores, squad_scores
from bert_keras.data.questions.character_scores import drcd_scores, korquad_scores
from bert_keras.data.questions.questions import Answer, Question

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "answer_scores.json").read_text(encoding="utf-8"))


def of(rules):
    for row in GOLDEN:
        if row["rules"] == rules:
            questions = [Question(name, "", "", tuple(map(Answer, texts))) for name, texts, *_ in row["questions"]]
            given = {name: text for name, _, text, _ in row["questions"]}
            odds = {name: number for name, *_, number in row["questions"]}
            yield row, questions, given, odds


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_scores_are_those_of_squads_official_evaluation(version):
    for row, questions, given, _ in of(version):
        scores = squad_scores(questions, given, version=version)
        assert (scores["exact"], scores["f1"]) == (pytest.approx(row["exact"] / 100), pytest.approx(row["f1"] / 100))


def test_the_threshold_turns_answers_into_none():
    for row, questions, given, odds in of("2.0"):
        scores = squad_scores(questions, given, null_odds=odds, threshold=0.5)
        assert (scores["exact"], scores["f1"]) == (
            pytest.approx(row["exact_at_0.5"] / 100),
            pytest.approx(row["f1_at_0.5"] / 100),
        )


def test_the_best_threshold_reaches_what_the_official_one_does():
    for row, questions, given, odds in of("2.0"):
        threshold, reached = best_no_answer_threshold(questions, given, odds)
        assert reached == pytest.approx(row["best_f1"][0] / 100)
        # The official threshold of 0 where nothing beats "no answer" to every question does not reach that score.
        if any(given.values()) and threshold in odds.values():
            assert threshold == row["best_f1"][1]
        if all(given.values()):  # more than reached where a right "no answer" is spelled as punctuation
            assert squad_scores(questions, given, null_odds=odds, threshold=threshold)["f1"] >= reached - 1e-8


def test_a_threshold_cannot_part_questions_of_equal_odds():
    questions = [Question("1", "Who?", "c", (Answer("c", 0),)), Question("2", "Who?", "c")]
    given, odds = {"1": "c", "2": "c"}, {"1": 1.0, "2": 1.0}
    threshold, reached = best_no_answer_threshold(questions, given, odds)
    assert reached == squad_scores(questions, given, null_odds=odds, threshold=threshold)["f1"] == 0.5


def test_a_threshold_is_the_best_by_the_rules_that_are_asked_for():
    questions = [Question("1", "哪里？", "他住在北京市。", (Answer("北京市", 3),)), Question("2", "谁？", "没有人。")]
    given, odds = {"1": "北京", "2": "人"}, {"1": -1.0, "2": 1.0}
    assert best_no_answer_threshold(questions, given, odds)[1] == 0.5  # no word of SQuAD's is right
    assert best_no_answer_threshold(questions, given, odds, scores=cmrc_scores) == (-1.0, pytest.approx(0.9))


def test_a_threshold_by_an_unknown_score_or_without_an_answer_is_refused():
    questions = [Question("1", "Who?", "c", (Answer("c", 0),))]
    with pytest.raises(ValueError, match="'exact' or 'f1', received 'average'"):
        best_no_answer_threshold(questions, {"1": "c"}, {"1": 0.0}, by="average", scores=cmrc_scores)
    with pytest.raises(KeyError):
        best_no_answer_threshold(questions, {}, {"1": 0.0})


def test_scores_are_those_of_cmrcs_official_evaluation():
    for row, questions, given, _ in of("cmrc"):
        scores = cmrc_scores(questions, given)
        assert (scores["exact"], scores["f1"]) == (pytest.approx(row["exact"] / 100), pytest.approx(row["f1"] / 100))
        assert scores["average"] == pytest.approx((row["exact"] + row["f1"]) / 200)


def test_questions_with_and_without_answer_are_scored_apart_too():
    questions = [Question("1", "", "", (Answer("cat"),)), Question("2", "", "")]
    assert squad_scores(questions, {"1": "the cat", "2": "mat"}) == {
        "exact": 0.5, "f1": 0.5, "has_answer_exact": 1.0, "has_answer_f1": 1.0, "no_answer_exact": 0.0,
    }  # fmt: skip


def test_a_question_without_prediction_counts_as_wrong():
    questions = [Question(name, "", "", (Answer("cat"),)) for name in "ab"]
    assert squad_scores(questions, {"a": "cat"})["exact"] == cmrc_scores(questions, {"a": "cat"})["exact"] == 0.5


def test_nothing_to_score_is_an_error():
    with pytest.raises(ValueError, match="no questions to score"):
        squad_scores([], {})
    with pytest.raises(ValueError, match="version must be '1.1' or '2.0'"):
        squad_scores([], {}, version="3")


@pytest.mark.parametrize("scorer", [cmrc_scores, drcd_scores, korquad_scores])
def test_no_answer_is_right_where_there_is_none_by_all_rules(scorer):
    questions = [Question("a", "q", "a cat"), Question("b", "q", "a cat"), Question("c", "q", "a cat")]
    scores = scorer(questions, {"a": "", "b": "cat"})
    assert scores["exact"] == scores["f1"] == pytest.approx(1 / 3)
