"""The command line of a recipe."""

import sys
from pathlib import Path

import pytest

from bert_keras import command_line


def train(
    files: tuple[str, ...] = (),  # what to read
    *,
    # Training
    minutes: float = 4.5,  # by the clock
    seed: int = 0,
):
    return files, minutes, seed  # not a parameter's comment


def test_options_reach_the_function(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--minutes", "2", "--files", "a", "b"])
    assert command_line.run(train) == (("a", "b"), 2.0, 0)


def test_help_shows_the_comment_behind_each_parameter_and_the_modules_first_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train.py", "--help"])
    with pytest.raises(SystemExit, match="0"):
        command_line.run(train)
    printed = capsys.readouterr().out
    assert "The command line of a recipe." in printed and "by the clock (default: 4.5)" in printed


def test_comments_of_sections_and_of_the_body_belong_to_no_parameter():
    assert command_line.parameter_comments(train) == {"files": "what to read", "minutes": "by the clock"}


def train_from_a_seed(*, run_directory: Path = Path("runs"), seed: int = 0):
    return {"seed": float(seed)}


def test_a_function_with_a_seed_and_a_folder_runs_once_for_each_of_several_seeds(tmp_path, capsys):
    options = ["--run-directory", str(tmp_path)]
    assert command_line.run(train_from_a_seed, [*options, "--seed", "7"]) == {"seed": 7.0}
    assert command_line.run(train_from_a_seed, [*options, "--seeds", "1", "4"]) == {"seed": 2.5}
    assert (tmp_path / "seeds.json").is_file() and "mean" in capsys.readouterr().out


def test_seeds_are_no_option_where_a_run_has_no_folder(capsys):
    with pytest.raises(SystemExit, match="2"):
        command_line.run(train, ["--seeds", "1"])
