"""Tune the options of another recipe: every trial is a run of it, and KerasTuner chooses the next one.

Data        whatever the recipe reads; what stands behind -- goes to it as it is
Paper       Snoek et al., 2012: Bayesian optimization with a Gaussian process; or --search random
Needs       pip install -e '.[tune]' (KerasTuner, and scikit-learn for --search bayesian)
Run         python recipes/tune_hyperparameters.py recipes/finetune_classifier.py --objective validation.accuracy
            --options learning_rate=1e-5:1e-4:log epochs=2,3,4 -- --preset PRESET --task sst2 --data-directory SST-2
Watch       tensorboard --logdir runs/tune (the tab HPARAMS)
Resume      the same command continues after the last trial that ended
"""

import json
from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line
from bert_keras.run_folder import RunFolder


def main(
    recipe: tyro.conf.Positional[Path],  # script with a main that returns its results
    arguments: tyro.conf.Positional[tuple[str, ...]] = (),  # the recipe's own options, the same in each trial
    *,
    options: tuple[str, ...],  # what is tuned: name=1,2,3, words, or true,false; name=low:high, name=low:high:log
    objective: str,  # which of the recipe's results, such as validation.accuracy
    direction: Literal["max", "min"] | None = None,  # none: as the measure is better, a loss or perplexity down
    search: Literal["bayesian", "random"] = "bayesian",
    trials: int = 10,
    run_directory: Path = Path("runs/tune"),
    seed: int = 0,
):
    run = RunFolder(locals())
    import keras_tuner  # here, for it loads Keras: --help comes at once
    import rich
    from keras_tuner import oracles
    from rich.table import Table

    from bert_keras.training import better_direction, tuning

    space = keras_tuner.HyperParameters()
    for option in options:
        tuning.add_option(space, option)
    tuning.write_experiment(run_directory, space.values, objective)
    module = command_line.load_script(recipe)

    class Trials(keras_tuner.Tuner):
        def run_trial(self, trial):
            directory, chosen = run_directory / f"trial_{trial.trial_id}", trial.hyperparameters.values
            print(f"\ntrial {trial.trial_id}:", *(f"{name}={value}" for name, value in chosen.items()))
            words = [*arguments, *tuning.option_words(chosen), "--run-directory", str(directory)]
            results = command_line.run(module.main, words)
            score = results
            for key in objective.split("."):
                if not isinstance(score, dict) or key not in score:
                    raise keras_tuner.errors.FatalValueError(f"no {objective} among the recipe's results: {results}")
                score = score[key]
            tuning.write_trial(directory, chosen, objective, score)
            return float(score)

    oracle = {"bayesian": oracles.BayesianOptimizationOracle, "random": oracles.RandomSearchOracle}[search](
        keras_tuner.Objective("default_objective", direction or better_direction(objective)),
        max_trials=trials, hyperparameters=space, seed=seed,
    )  # fmt: skip
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
    run.finish({objective: best.score}, texts={"best options": json.dumps(best.hyperparameters.values)})
    return result


if __name__ == "__main__":
    command_line.run(main)
