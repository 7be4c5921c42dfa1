"""The recipe answers, scores and writes the official files, for questions that all have answers and for others."""

import json
import re

import pytest


def squad(path, with_impossible):
    paragraphs = []
    for number in range(6):
        context = f"the {'abc'[number % 3]} was good. " * 12 + f"who was bad? the {number}."
        answers = [{"text": str(number), "answer_start": context.rindex(str(number))}]
        qas = [{"id": f"q{number}", "question": "who was bad?", "answers": answers, "is_impossible": False}]
        if with_impossible:
            qas.append({"id": f"n{number}", "question": "who?", "answers": [], "is_impossible": True})
        paragraphs.append({"context": context, "qas": qas})
    path.write_text(json.dumps({"version": "x", "data": [{"title": "t", "paragraphs": paragraphs}]}))
    return path


@pytest.mark.parametrize("with_impossible", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_questions_are_answered_scored_and_written(
    run_recipe, watched, small_preset, tmp_path, small_data_options, with_impossible
):
    questions = squad(tmp_path / "questions.json", with_impossible)
    printed = run_recipe(
        "finetune_question_answering.py", "--preset", small_preset, "--train", questions, "--validation", questions,
        "--sequence-length", 40, "--stride", 16, "--max-question-tokens", 8, "--epochs", 2, "--batch-size", 8,
        "--run-directory", tmp_path / "run", "--watch", "calibration", "examples", "spans",
        *([] if with_impossible else [*small_data_options, "--r-drop", 1]),
    )  # fmt: skip
    scores = [float(score) for score in re.findall(r"validation f1 (\S+)", printed)]
    assert len(scores) == 2
    assert {"calibration/ece", "examples/worst", "spans"} < watched(tmp_path / "run")
    results = json.loads((tmp_path / "run" / "results.json").read_text())["scores"]["validation"]
    assert results["f1"] == pytest.approx(max(scores), rel=1e-3, abs=1e-3)  # the best epoch's
    assert ("no_answer_exact" in printed) == with_impossible and ".f1 " in printed
    predictions = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert len(predictions) == (12 if with_impossible else 6)
    assert (tmp_path / "run" / "null_odds.json").is_file() == with_impossible
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    assert config["architectures"] == ["BertForQuestionAnswering"] and ("bert_keras" in config) == with_impossible


@pytest.mark.slow_elsewhere
def test_a_reader_of_a_collection_sees_passages_without_an_answer(run_recipe, small_preset, tmp_path):
    pytest.importorskip("bm25s")
    questions = squad(tmp_path / "questions.json", with_impossible=False)
    run_recipe(
        "finetune_question_answering.py", "--preset", small_preset, "--train", questions, "--validation", questions,
        "--sequence-length", 40, "--epochs", 1, "--batch-size", 8, "--run-directory", tmp_path / "run",
        "--passage-words", 20, "--num-negatives", 2, "--scores", "cmrc",
    )  # fmt: skip
    predictions = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert {*predictions} == {f"q{number}{negative}" for number in range(6) for negative in ("", "#1", "#2")}
    assert (tmp_path / "run" / "null_odds.json").is_file()  # "no answer" was learned
