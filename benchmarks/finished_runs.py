"""Runs that are there already: each a JSON line of its options and what came out, which is not measured again."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def finished_runs(path: Path, **options: Any) -> list[dict]:
    """Read the runs of a file that had some options; none where there is no file.

    Args:
        path: the file of results.
        **options: what the runs must have had.
    """
    runs = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [run for run in runs if options.items() <= run.items()]


def add_run(path: Path, run: dict) -> None:
    """Append a run to a file of results, and print it.

    Args:
        path: the file, whose folder is made.
        run: options, and what came out.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(run, ensure_ascii=False) + "\n")
    print({key: round(value, 3) if isinstance(value, float) else value for key, value in run.items()}, flush=True)


def mean_cell(values: Sequence[float]) -> str:
    """Write the mean of some seeds and, of several, the standard deviation, for a table.

    Args:
        values: one for each seed; none for an empty cell.

    Example:
        >>> mean_cell([0.5, 0.7]), mean_cell([0.5]), mean_cell([])
        ('0.600 ± 0.141', '0.500', '')
    """
    if not values:
        return ""
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3f}{spread}"
