"""One training from several seeds: what came of each, their mean, and how far they lie apart."""

import json
import math
import os
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras

from bert_keras.atomic_files import write_file
from bert_keras.text_table import aligned, named_values
from bert_keras.training.finetuning.fresh_session import fresh_session
from bert_keras.training.resuming.changed_options import changed_options

_FILE = "seeds.json"


def seed_series(
    main: Callable, seeds: Iterable[int], *, run_directory: str | os.PathLike, **options: Any
) -> dict[str, Any]:
    """Run a training once for each seed, and compare what it returned.

    Seed 1 runs in RUN_DIRECTORY/seed_1, and so on, one after the other in this process: a signal stops the run under
    way as it stops a single one, and the same call goes on there, since seeds that ended are read from
    RUN_DIRECTORY/seeds.json. Between two seeds Keras forgets its models and the names that it gave, so that each run
    is, to the bit, what it would be alone. Seeds may be added to a series later.

    Args:
        main: function with the arguments `seed` and `run_directory`; what it returns is a dict of numbers, or of such
            dicts. What is no number is left out.
        seeds: sequence of int.
        run_directory: folder of the series.
        **options: further arguments of `main`, the same for all seeds.

    Returns:
        dict like that of `main` with the mean over all seeds of the series, of each number that every seed has. The
        table that is printed and seeds.json have each seed's numbers and their standard deviation too, that of a
        sample: divided by the seeds less one.

    Raises:
        ValueError: if the folder has a series with other options.

    Example:
        >>> import tempfile
        >>> from bert_keras.training import seed_series
        >>> def main(*, seed, run_directory, epochs):
        ...     return {"test": {"accuracy": 0.5 + seed / 10 * epochs}}
        >>> seed_series(main, [1, 3], run_directory=tempfile.mkdtemp(), epochs=1)
                       seed 1  seed 3  mean  standard deviation
        test.accuracy     0.6     0.8   0.7              0.1414
        {'test': {'accuracy': 0.7}}
    """
    path = Path(run_directory, _FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    options_as_text = {name: str(value) for name, value in options.items()}
    precision, distribution = keras.config.dtype_policy(), keras.distribution.distribution()  # of whoever called
    for seed in seeds:
        if str(seed) in _read(path, options_as_text):
            continue
        keras.config.set_dtype_policy(precision)  # the run before may have set its own
        keras.distribution.set_distribution(distribution)
        fresh_session()
        numbers = _numbers(main(seed=seed, run_directory=path.parent / f"seed_{seed}", **options))
        # Read anew: another process may have added its seeds in the meantime.
        _write(path, options_as_text, _read(path, options_as_text) | {str(seed): numbers})
    results = _read(path, options_as_text)
    print(_table(results))
    return _over_seeds(statistics.fmean, list(results.values()))


def _read(path, options):
    if not path.exists():
        return {}
    saved = json.loads(path.read_text())
    if not isinstance(saved, dict) or not isinstance(saved.get("options"), dict) or "results" not in saved:
        raise ValueError(f"{path} is no series of seeds.")
    if differences := changed_options(saved["options"], options):
        raise ValueError(
            f"The seeds in {path.parent} ran with other options: {differences}. Take another folder, or remove this "
            "one to start anew."
        )
    return saved["results"]


def _write(path, options, results):
    series = list(results.values())
    content = {"options": options, "results": results, "mean": _over_seeds(statistics.fmean, series)}
    content["standard_deviation"] = _over_seeds(_deviation, series)
    write_file(path, (json.dumps(content, indent=1) + "\n").encode())


def _numbers(results):
    """Return the numbers among the results, as Python's own."""
    numbers = {}
    for name, value in results.items():
        if isinstance(value, dict):
            numbers[str(name)] = _numbers(value)
        elif keras.ops.is_tensor(value) or (hasattr(value, "__float__") and not isinstance(value, bool)):
            numbers[str(name)] = float(value)
    return numbers


def _over_seeds(statistic, results):
    """Return a statistic of each number that all seeds have."""
    if isinstance(results[0], dict):
        shared = [name for name in results[0] if all(name in result for result in results)]
        return {name: _over_seeds(statistic, [result[name] for result in results]) for name in shared}
    return statistic(results)


def _deviation(values):
    if not all(map(math.isfinite, values)):
        return math.nan
    return statistics.stdev(values) if len(values) > 1 else None


def _table(results):
    rows = [["", *(f"seed {seed}" for seed in results), "mean", "standard deviation"]]
    for name, values in named_values(_over_seeds(list, list(results.values()))):
        numbers = [*values, statistics.fmean(values), _deviation(values)]
        rows.append([name, *("-" if number is None else f"{number:.4g}" for number in numbers)])
    return aligned(rows)
