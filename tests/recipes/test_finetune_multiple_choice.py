"""The recipe picks endings of SWAG's layout, and writes which ones."""

import json

import pytest


@pytest.mark.parametrize("small_data", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_endings_are_picked_and_written(run_recipe, watched, small_preset, tmp_path, small_data_options, small_data):
    lines = ["sent1,sent2,ending0,ending1,ending2,ending3,label"]
    lines += [f"the {'abc'[i % 3]} was,who,good,bad,{i},{'abc'[i % 3]},{'ABCD'[i % 4]}" for i in range(8)]
    (tmp_path / "swag.csv").write_text("\n".join(lines) + "\n")
    files = [word for part in ("train", "validation", "test") for word in (f"--{part}", tmp_path / "swag.csv")]
    printed = run_recipe(
        "finetune_multiple_choice.py", "--preset", small_preset, *files, "--epochs", 1, "--batch-size", 4,
        "--sequence-length", 16, "--run-directory", tmp_path / "run", "--watch", "calibration", "examples",
        *([*small_data_options, "--r-drop", 1] if small_data else []),
    )  # fmt: skip
    assert {"calibration/ece", "examples/worst"} < watched(tmp_path / "run")
    assert "validation.accuracy" in printed and "test.accuracy" in printed
    rows = [line.split("\t") for line in (tmp_path / "run" / "predictions.tsv").read_text().splitlines()]
    assert rows[0] == ["index", "prediction"] and {row[1] for row in rows[1:]} <= set("ABCD") and len(rows) == 9
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    assert config["architectures"] == ["BertForMultipleChoice"]
