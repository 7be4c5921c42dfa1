"""The logs of all epochs of a run, whichever processes trained them, and the best of one of them."""

import math
from typing import Any

import numpy as np


class RunHistory:
    """Grows by the logs of an epoch.

    Args:
        monitor: name in the logs whose best value is remembered, or None.
        mode: "min" or "max", what is best.
        logs: dict from name to the list of values so far, one an epoch.
        best: the best value so far, or None.

    Raises:
        ValueError: for another mode.

    Example:
        >>> history = RunHistory("val_loss", "min")
        >>> [history.add({"val_loss": loss}) for loss in (2.0, 1.0, 1.5)]
        [True, True, False]
        >>> history.logs
        {'val_loss': [2.0, 1.0, 1.5]}
    """

    def __init__(
        self,
        monitor: str | None = None,
        mode: str = "min",
        logs: dict[str, list] | None = None,
        best: float | None = None,
    ):
        if mode not in ("min", "max"):
            raise ValueError(f'Expected mode "min" or "max", received: {mode!r}.')
        self.monitor = monitor
        self.mode = mode
        self.logs = logs or {}
        self.best = best

    def add(self, logs: dict[str, Any]) -> bool:
        """Note the logs of an epoch.

        Args:
            logs: dict from name to number or list of numbers.

        Returns:
            bool, whether it is the best epoch so far; one whose value is not a number never is.
        """
        for name, value in logs.items():
            self.logs.setdefault(name, []).append(np.asarray(value).tolist())
        value = logs.get(self.monitor)
        if value is None or math.isnan(value):
            return False
        if self.best is not None and (value >= self.best if self.mode == "min" else value <= self.best):
            return False
        self.best = float(value)
        return True

    def copy(self) -> dict[str, list]:
        """Give the logs as they are now; later epochs do not change them."""
        return {name: list(values) for name, values in self.logs.items()}
