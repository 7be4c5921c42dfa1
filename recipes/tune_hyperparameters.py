"""Tune the options of another recipe: every trial is a run of it, and KerasTuner chooses the next one.

Data        whatever the recipe reads; what stands behind -- goes to it as it is
Paper       Snoek et al., 2012: Bayesian optimization with a Gaussian process; or --search random
Needs       pip install -e '.[tune]' (KerasTuner, and scikit-learn for --search bayesian)
Run         python recipes/tune_hyperparameters.py recipes/finetune_classifier.py --objective validation.accuracy
            --options learning_rate=1e-5:1e-4:log epochs=2,3,4 -- --preset PRESET --task sst2 --data-directory SST-2
Watch       tensorboard --logdir runs/tune (the tab HPARAMS)
Resume      the same command goes on after the last trial that ended
"""

import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Literal

import keras_tuner
import rich
import tyro
from keras_tuner import oracles
from rich.table import Table
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api_pb2, summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from bert_keras import command_line


def main(
    recipe: tyro.conf.Positional[Path],  # script with a main that returns its results
    arguments: tyro.conf.Positional[tuple[str, ...]] = (),  # the recipe's own options, the same in each trial
    *,
    options: tuple[str, ...],  # what is tuned: name=1,2,3, words, or true,false; name=low:high, name=low:high:log
    objective: str,  # which of the recipe's results, such as validation.accuracy
    direction: Literal["max", "min"] = "max",
    search: Literal["bayesian", "random"] = "bayesian",
    trials: int = 10,
    run_directory: Path = Path("runs/tune"),
    seed: int = 0,
):
    space = keras_tuner.HyperParameters()
    for option in options:
        declare(space, option)
    write_summaries(
        run_directory,
        summary.experiment_pb(
            [api_pb2.HParamInfo(name=name) for name in space.values],
            [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=objective))],
        ),
    )
    module = load(recipe)

    class Trials(keras_tuner.Tuner):
        def run_trial(self, trial):
            directory, chosen = run_directory / f"trial_{trial.trial_id}", trial.hyperparameters.values
            print(f"\ntrial {trial.trial_id}:", *(f"{name}={value}" for name, value in chosen.items()))
            words = [word for name, value in chosen.items() for word in as_words(name.replace("_", "-"), value)]
            results = command_line.run(module.main, [*arguments, *words, "--run-directory", str(directory)])
            score = results
            for key in objective.split("."):
                if not isinstance(score, dict) or key not in score:
                    raise keras_tuner.errors.FatalValueError(f"no {objective} among the recipe's results: {results}")
                score = score[key]
            write_summaries(
                directory, summary.session_start_pb(chosen), summary.session_end_pb(api_pb2.STATUS_SUCCESS),
                scalars={objective: score},
            )  # fmt: skip
            return float(score)

    oracle = {"bayesian": oracles.BayesianOptimizationOracle, "random": oracles.RandomSearchOracle}[search](
        keras_tuner.Objective("default_objective", direction), max_trials=trials, hyperparameters=space, seed=seed
    )
    tuner = Trials(oracle, directory=str(run_directory), project_name="tuner")
    tuner.search()

    table = Table(*space.values, objective)
    for trial in tuner.oracle.get_best_trials(trials):
        values = trial.hyperparameters.values.values()
        table.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in values), f"{trial.score:.4f}")
    rich.print(table)
    best = tuner.oracle.get_best_trials(1)[0]
    result = {"options": best.hyperparameters.values, objective: best.score}
    (run_directory / "best.json").write_text(json.dumps(result, indent=2) + "\n")
    return result


def declare(space, option):
    """Add one option, spelled as on the command line, to what KerasTuner chooses from."""
    name, _, values = option.partition("=")
    low, *rest = values.split(":")
    if not values or len(rest) > 2 or rest[1:] not in ([], ["log"]):
        raise ValueError(f"--options {option}: expected name=1,2,3 or name=low:high or name=low:high:log")
    if rest:
        low, high = value_of(low), value_of(rest[0])
        kind = space.Int if isinstance(low, int) and isinstance(high, int) else space.Float
        kind(name, low, high, sampling="log" if rest[1:] else "linear")
    elif set(values.split(",")) == {"true", "false"}:
        space.Boolean(name)
    else:
        space.Choice(name, [value_of(value) for value in values.split(",")])


def value_of(word):
    """Read a number; any other word stands for itself."""
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word


def as_words(name, value):
    """Spell an option as the command line takes it."""
    return [f"--{'' if value else 'no-'}{name}"] if isinstance(value, bool) else [f"--{name}", str(value)]


def load(recipe):
    """Import a script that lies in no package."""
    specification = importlib.util.spec_from_file_location(recipe.stem, recipe)
    module = sys.modules[recipe.stem] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def write_summaries(directory, *summaries, scalars=()):
    """Write what TensorBoard's tab HPARAMS shows."""
    writer = EventFileWriter(str(directory))
    for part in summaries:
        event = Event(wall_time=time.time())
        event.summary.MergeFromString(part.SerializeToString())  # TensorFlow's class, where it is installed
        writer.add_event(event)
    for tag in scalars:
        event = Event(wall_time=time.time())
        event.summary.value.add(tag=tag, simple_value=scalars[tag])
        writer.add_event(event)
    writer.close()


if __name__ == "__main__":
    command_line.run(main)
