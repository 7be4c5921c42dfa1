"""When a state is to be saved: by minutes, as long as that costs little, or by steps, whatever it costs."""

import time

_LARGEST_SHARE = 0.04  # of the time, that saving may take


class SaveTimes:
    """Tells when a state is due.

    Args:
        every_minutes: minutes between two states.
        every_steps: steps between two states, instead of minutes; None for minutes.
        step: the step to begin at.

    Example:
        >>> times = SaveTimes(every_minutes=10.0, every_steps=100, step=250)
        >>> [step for step in (251, 299, 300) if times.is_due(step, seconds=60.0)]
        [300]
    """

    def __init__(self, every_minutes: float, every_steps: int | None, step: int):
        self.every_minutes = every_minutes
        self.every_steps = every_steps
        self.note(step)

    def note(self, step: int) -> None:
        """Note that a state is saved now."""
        self._last_time, self._last_step = time.monotonic(), step

    def is_due(self, step: int, seconds: float) -> bool:
        """Tell whether the next state is due, if the last one took so many seconds."""
        if self.every_steps is not None:
            return step // self.every_steps > self._last_step // self.every_steps
        return time.monotonic() - self._last_time >= max(self.every_minutes * 60, seconds / _LARGEST_SHARE)
