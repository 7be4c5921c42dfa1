"""The command line of a recipe."""

import dataclasses
import subprocess
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


def test_tensorflow_is_imported_without_its_lines_before_the_function_runs(monkeypatch):
    told = []
    monkeypatch.setattr(command_line, "import_quietly", lambda: told.append("imported"))

    def main():
        told.append("run")

    command_line.run(main, [])
    assert told == ["imported", "run"]


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


@dataclasses.dataclass(frozen=True)
class Options:
    """How it is trained."""

    epochs: int = 4  # passes over the data
    seed: int = 0


def train_with_options(*, run_directory: Path = Path("runs"), options: Options = Options(epochs=2)):  # noqa: B008
    return {"epochs": float(options.epochs), "seed": float(options.seed)}


def test_fields_of_a_dataclass_are_options_with_the_recipes_own_defaults(capsys):
    assert command_line.run(train_with_options, []) == {"epochs": 2.0, "seed": 0.0}
    assert command_line.run(train_with_options, ["--epochs", "3"])["epochs"] == 3.0
    with pytest.raises(SystemExit, match="0"):
        command_line.run(train_with_options, ["--help"])
    assert "passes over the data (default: 2)" in " ".join(capsys.readouterr().out.split())


def test_a_seed_among_the_fields_makes_a_series_too(tmp_path):
    words = ["--run-directory", str(tmp_path), "--epochs", "3", "--seeds", "1", "4"]
    assert command_line.run(train_with_options, words) == {"epochs": 3.0, "seed": 2.5}
    with pytest.raises(ValueError, match="other options"):
        command_line.run(train_with_options, [*words, "--epochs", "5"])


def test_help_and_mistakes_of_recipes_do_not_wait_for_keras():
    recipes = sorted(Path(__file__).parents[1].joinpath("recipes").glob("*.py"))
    code = """if True:
        import runpy, sys, time
        for recipe in sys.argv[1:]:
            for word, status in ("--help", 0), ("--no-such-option", 2):
                sys.argv = [recipe, word]
                try:
                    runpy.run_path(recipe, run_name="__main__")
                except SystemExit as stop:
                    assert stop.code == status, (recipe, stop.code)
                heavy = {"keras", "tensorflow", "jax", "torch"} & sys.modules.keys()
                assert not heavy, (recipe, heavy)
    """
    subprocess.run([sys.executable, "-c", code, *map(str, recipes)], check=True, capture_output=True)
