"""Tuning, with a recipe that is a formula: what is tried, what is best, what TensorBoard gets."""

import json
import pathlib
import re
import runpy

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = pathlib.Path(__file__).parents[2]
SCRIPT = str(ROOT / "recipes" / "tune_hyperparameters.py")
RECIPE = '''
"""A recipe whose result is best near rate = 0.1 with two layers."""

from pathlib import Path


def main(
    *,
    offset: float,
    rate: float = 1.0,
    num_layers: int = 1,
    pooling: str = "first",
    deep: bool = False,
    run_directory: Path = Path("runs"),
):
    penalty = {"first": 0, "mean": 1}[pooling] + deep
    return {"validation": {"score": offset - abs(rate - 0.1) - abs(num_layers - 2) - penalty}}
'''


@pytest.fixture(scope="module")
def tune(run_recipe):
    """Function that tunes the formula, below a folder, and returns what was printed."""

    def run(directory, *options):
        (directory / "formula.py").write_text(RECIPE)
        return run_recipe(
            "tune_hyperparameters.py", directory / "formula.py", "--objective", "validation.score", "--trials", 6,
            "--run-directory", directory / "run", "--options", *options, "--", "--offset", 5,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def tuned(tune, tmp_path_factory):
    directory = tmp_path_factory.mktemp("tuned")
    printed = tune(directory, "rate=0.01:1:log", "num_layers=1,2,3")
    return directory, printed


def test_the_best_trial_is_told_and_written(tuned):
    directory, printed = tuned
    best = json.loads((directory / "run" / "best.json").read_text())
    # Which trials the search comes to depends on the processor's arithmetic; which of them is best does not.
    trials = re.findall(r"^trial \d+: rate=(\S+) num_layers=(\d)$", printed, re.MULTILINE)
    tried = [{"rate": float(rate), "num_layers": int(layers)} for rate, layers in trials]
    scores = [5 - abs(trial["rate"] - 0.1) - abs(trial["num_layers"] - 2) for trial in tried]
    assert len(scores) == 6 and min(scores) < max(scores)
    assert best["options"] == tried[scores.index(max(scores))]
    assert best["validation.score"] == pytest.approx(max(scores))
    assert f"{best['validation.score']:.4f}" in printed


def test_tensorboard_gets_options_and_result_of_each_trial(tuned):
    trials = sorted((tuned[0] / "run").glob("trial_*"))
    assert len(trials) == 6
    for trial in trials:
        events = EventAccumulator(str(trial)).Reload()
        assert len(events.Scalars("validation.score")) == 1
        assert events.PluginTagToContent("hparams").keys() == {
            "_hparams_/session_start_info", "_hparams_/session_end_info"
        }  # fmt: skip


def test_the_same_command_again_repeats_no_trial(tune, tuned):
    assert "trial 0" in tuned[1]
    assert "trial 0" not in tune(tuned[0], "rate=0.01:1:log", "num_layers=1,2,3")


# KerasTuner locks its oracle by the thread's name, which it asks for in ways that Python 3.10 deprecated.
@pytest.mark.filterwarnings("ignore:(currentThread|getName):DeprecationWarning")
def test_an_objective_that_the_recipe_does_not_give_stops_it(tmp_path):
    (tmp_path / "formula.py").write_text(RECIPE)
    with pytest.raises(ValueError, match="no validation.loss among the recipe's results"):
        runpy.run_path(SCRIPT)["main"](
            tmp_path / "formula.py", ("--offset", "5"), options=("rate=0.01:1",), objective="validation.loss",
            run_directory=tmp_path / "run",
        )  # fmt: skip


def test_words_whole_numbers_and_flags_are_tuned_too(tune, tmp_path):
    printed = tune(tmp_path, "num_layers=1:3", "pooling=mean,first", "deep=true,false", "rate=0.1,0.2")
    tried = re.findall(
        r"^trial \d+: num_layers=[123] pooling=(mean|first) deep=(True|False) rate=0", printed, re.MULTILINE
    )
    assert len(tried) == 6 and {type(json.loads((tmp_path / "run" / "best.json").read_text())["options"]["deep"])} == {
        bool
    }
