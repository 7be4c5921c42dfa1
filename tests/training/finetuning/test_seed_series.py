"""Several seeds of one training: what is kept, what is not run again, what is refused."""

import json

import keras
import numpy as np
import pytest

from bert_keras.training import seed_series

pytestmark = pytest.mark.slow_elsewhere


class Training:
    """A main that notes its seeds and folders, and may fail at one of them."""

    def __init__(self, fails_at=None):
        self.fails_at, self.runs = fails_at, []

    def __call__(self, *, seed, run_directory, epochs=1):
        self.runs.append((seed, run_directory.name))
        if seed == self.fails_at:
            raise RuntimeError("out of memory")
        return {"validation": {"f1": np.float32(seed * epochs), "best": "x"}, "steps": 10}


def test_each_seed_has_its_folder_and_the_mean_comes_back(tmp_path, capsys):
    training = Training()
    assert seed_series(training, (1, 2, 6), run_directory=tmp_path) == {"validation": {"f1": 3.0}, "steps": 10.0}
    assert training.runs == [(1, "seed_1"), (2, "seed_2"), (6, "seed_6")]
    saved = json.loads((tmp_path / "seeds.json").read_text())
    assert saved["results"]["6"] == {"validation": {"f1": 6.0}, "steps": 10.0}
    assert saved["standard_deviation"] == {"validation": {"f1": pytest.approx(7**0.5)}, "steps": 0.0}
    head, f1, steps = capsys.readouterr().out.splitlines()
    assert head.split() == ["seed", "1", "seed", "2", "seed", "6", "mean", "standard", "deviation"]
    assert f1.split() == ["validation.f1", "1", "2", "6", "3", "2.646"] and len(head) == len(f1) == len(steps)


def test_a_series_goes_on_with_the_seed_at_which_it_was_broken_off_and_takes_more_of_them(tmp_path):
    with pytest.raises(RuntimeError):
        seed_series(Training(fails_at=2), (1, 2), run_directory=tmp_path)
    assert json.loads((tmp_path / "seeds.json").read_text())["standard_deviation"]["steps"] is None
    training = Training()
    seed_series(training, (1, 2), run_directory=tmp_path)
    assert seed_series(training, (1, 2, 9), run_directory=tmp_path)["validation"] == {"f1": 4.0}
    assert [seed for seed, _ in training.runs] == [2, 9]


def test_other_options_are_no_part_of_the_series(tmp_path):
    seed_series(Training(), (1,), run_directory=tmp_path, epochs=1)
    with pytest.raises(ValueError, match=r"epochs was '1', now '2'. Take another folder"):
        seed_series(Training(), (1, 2), run_directory=tmp_path, epochs=2)


def test_layers_have_the_names_and_the_precision_that_they_have_in_a_run_alone(tmp_path):
    layers = []

    def main(*, seed, run_directory):
        layers.append(keras.layers.Dense(1))
        keras.config.set_dtype_policy("float64")
        return {}

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    seed_series(main, (1, 2), run_directory=tmp_path)
    keras.config.set_dtype_policy(before)
    assert [layer.name for layer in layers] == ["dense", "dense"]
    assert [layer.compute_dtype for layer in layers] == ["bfloat16", "bfloat16"]


def test_the_distribution_stays_the_one_that_the_caller_set(tmp_path):
    seen = []

    def main(*, seed, run_directory):
        seen.append(keras.distribution.distribution())
        return {}

    distribution = keras.distribution.DataParallel(devices=["cpu:0"], auto_shard_dataset=False)
    keras.distribution.set_distribution(distribution)
    try:
        seed_series(main, (1, 2), run_directory=tmp_path)
    finally:
        keras.distribution.set_distribution(None)
    assert seen == [distribution, distribution]


@pytest.mark.slow
def test_a_seed_that_diverged_is_kept_and_told(tmp_path, capsys):
    losses = {1: 0.5, 2: float("nan"), 3: float("inf")}
    seed_series(lambda seed, run_directory: {"loss": losses[seed]}, losses, run_directory=tmp_path)
    assert capsys.readouterr().out.splitlines()[1].split() == ["loss", "0.5", "nan", "inf", "nan", "nan"]
    assert json.loads((tmp_path / "seeds.json").read_text())["results"]["1"] == {"loss": 0.5}


@pytest.mark.slow
def test_what_one_seed_lacks_has_no_mean(tmp_path, capsys):
    results = {1: {"f1": 0.5}, 2: {"f1": 0.7, "tokens_per_second": 9.0}, 3: {"tokens_per_second": 8.0, "f1": 0.6}}
    mean = seed_series(lambda seed, run_directory: results[seed], results, run_directory=tmp_path)
    assert mean == {"f1": pytest.approx(0.6)} and "tokens" not in capsys.readouterr().out
    assert json.loads((tmp_path / "seeds.json").read_text())["results"]["3"] == results[3]


def test_two_processes_that_add_to_one_series_keep_what_the_other_found(tmp_path):
    def main(*, seed, run_directory):
        if seed == 1:  # meanwhile, elsewhere
            seed_series(Training(), (2,), run_directory=tmp_path)
        return Training()(seed=seed, run_directory=run_directory)

    training = seed_series(main, (1,), run_directory=tmp_path)
    assert training["validation"] == {"f1": 1.5}
    assert list(json.loads((tmp_path / "seeds.json").read_text())["results"]) == ["2", "1"]
