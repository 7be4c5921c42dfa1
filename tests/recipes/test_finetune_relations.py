"""The recipes tell relations and find triples, and write what they predict."""

import json

import pytest

from bert_keras.models import RelationClassifier


@pytest.fixture
def run(run_recipe):
    """Function that runs a recipe from a preset with options for few short rows."""

    def run(recipe, preset, *arguments):
        options = ["--preset", preset, "--sequence-length", 32, "--epochs", 1, "--batch-size", 4]
        return run_recipe(recipe, *options, *arguments)

    return run


def test_relations_are_told_scored_and_written_for_the_official_scorer(run, watched, marked_preset, tmp_path):
    rows = [f'{i}\t"the <e1>ada</e1> was <e2>good</e2>"\n{"Is(e1,e2)" if i % 2 else "Other"}\n\n' for i in range(8)]
    (tmp_path / "train.txt").write_text("".join(rows))
    files = [word for part in ("train", "validation", "test") for word in (f"--{part}", tmp_path / "train.txt")]
    options = ["--run-directory", tmp_path / "run", "--watch", "confusion", "precision_recall", "spans"]
    assert ".f1 " in run("finetune_relations.py", marked_preset, *files, *options)
    curves = {"precision_recall/Is(e1,e2)", "precision_recall/Other"}
    assert watched(tmp_path / "run") == {"confusion_matrix", "spans", "spans_in_colour"} | curves
    lines = [line.split("\t") for line in (tmp_path / "run" / "predictions.txt").read_text().splitlines()]
    assert [number for number, _ in lines] == [str(i) for i in range(8)]
    assert {label for _, label in lines} <= {"Is(e1,e2)", "Other"}
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    labels = ["Is(e1,e2)", "Other"]
    assert config["bert_keras"] == {"head": "relations", "num_classes": 2, "labels": labels}
    assert list(RelationClassifier.from_preset(tmp_path / "run" / "preset").markers) == ["$", "#"]


@pytest.mark.slow
def test_relations_are_learned_from_little(run, marked_preset, tmp_path, small_data_options):
    (tmp_path / "train.txt").write_text('1\t"the <e1>ada</e1> was <e2>good</e2>"\nIs(e1,e2)\n\n' * 8)
    files = ["--train", tmp_path / "train.txt", "--test", tmp_path / "train.txt", "--run-directory", tmp_path / "run"]
    options = [*small_data_options, "--r-drop", "1", "--markers", "the", "was"]
    assert ".f1 " in run("finetune_relations.py", marked_preset, *files, *options)
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    assert config["bert_keras"]["markers"] == ["the", "was"]
    again = run("finetune_relations.py", tmp_path / "run" / "preset", *files[:4], "--run-directory", tmp_path / "more")
    assert ".f1 " in again  # with those markers
    assert json.loads((tmp_path / "more/preset/config.json").read_text())["bert_keras"] == config["bert_keras"]


@pytest.mark.slow
def test_triples_are_found_scored_and_written(run, watched, small_preset, tmp_path, small_data_options):
    row = {"text": "ada was good, bo was bad", "spo_list": [["ada", "is", "good"], ["bo", "is", "bad"]]}
    (tmp_path / "train.jsonl").write_text((json.dumps(row) + "\n") * 8)
    files = [word for part in ("train", "validation", "test") for word in (f"--{part}", tmp_path / "train.jsonl")]
    options = [*small_data_options, "--run-directory", tmp_path / "run", "--watch", "spans"]
    assert ".f1 " in run("finetune_triples.py", small_preset, *files, *options)
    assert watched(tmp_path / "run") == {"spans", "spans_in_colour"}
    assert len((tmp_path / "run" / "predictions.jsonl").read_text().splitlines()) == 8
