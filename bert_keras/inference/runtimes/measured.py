"""How long the same network takes in several runtimes, on one text and on many, in less than two seconds."""

import math
import statistics
import time
from typing import Any

import numpy as np

_SECONDS = 1.5  # for all rounds; each runtime then has had a call of each batch
_ROUNDS = 9
_MOST_ROWS = 32
_BUSY = 1.5  # how many times the least the median is where other work is in the way
_OF_MANY_ROWS = 0.1  # seconds that a call of many rows may take


def measured(candidates: dict[str, Any], example: dict[str, np.ndarray]) -> tuple[dict[str, float], bool]:
    """Measure runtimes in turns, so that what slows the machine down slows all of them.

    Args:
        candidates: What has `predict_on_batch`, by its name; one of them is "keras".
        example: Inputs of some rows, of which one is measured alone, and so many copies of it as take a tenth of a
            second.

    Returns:
        Each one's least time as a share of Keras', the geometric mean of one row and of many; and whether the machine
        was busy with something else, so that the next measurement may find something else.
    """
    one = {name: array[:1] for name, array in example.items()}
    for candidate in candidates.values():
        candidate.predict_on_batch(one)  # which compiles it
    alone = min(_time(candidate, one) for candidate in candidates.values())
    num_rows = int(min(_MOST_ROWS, max(1, _OF_MANY_ROWS / max(alone, 1e-6))))
    batches = [one] if num_rows == 1 else [one, {name: np.repeat(array, num_rows, 0) for name, array in one.items()}]
    seconds = {name: [[] for _ in batches] for name in candidates}
    until = time.perf_counter() + _SECONDS
    for _ in range(_ROUNDS):
        for name, candidate in candidates.items():
            for number, batch in enumerate(batches):
                seconds[name][number].append(_time(candidate, batch))
        if time.perf_counter() > until:
            break
    least = {name: [min(some) for some in of_batches] for name, of_batches in seconds.items()}
    is_busy = any(statistics.median(some) > _BUSY * min(some) for of_batches in seconds.values() for some in of_batches)
    return {
        name: math.prod(mine / keras for mine, keras in zip(some, least["keras"])) ** (1 / len(batches))
        for name, some in least.items()
    }, is_busy


def _time(candidate, batch):
    start = time.perf_counter()
    candidate.predict_on_batch(batch)
    return time.perf_counter() - start
