"""Where a run stands in its data: the step, and the place in an epoch that may have begun in another process."""

import dataclasses
from typing import Any


@dataclasses.dataclass
class RunPosition:
    """Counts steps over processes, where Keras counts the batches of a resumed epoch from 0.

    Attributes:
        step: batches trained on.
        epoch: the epoch under way, from 0.
        batches: those of this epoch that were trained on.
        repeated: those of the last execution; the first one of a process that goes on trains on them once more.
        is_finished: whether there is nothing left to train.

    Example:
        >>> position = RunPosition(step=12, epoch=1, batches=2, repeated=1)
        >>> position.begin_epoch(1, is_resumed=True)
        >>> position.count(1)  # Keras' second batch: its first was the one to repeat
        >>> position.step, position.batches
        (13, 3)
    """

    step: int = 0
    epoch: int = 0
    batches: int = 0
    repeated: int = 0
    is_finished: bool = False

    @property
    def start_step(self) -> int:
        """The first batch that a process which resumes from here reads."""
        return self.step - self.repeated

    def begin_epoch(self, epoch: int, is_resumed: bool) -> None:
        """Note that an epoch begins; one that is resumed began in another process."""
        self.epoch = epoch
        self._first_step = self.step - self.batches if is_resumed else self.step
        self._batches_before = self.batches - self.repeated if is_resumed else 0

    def count(self, batch: int) -> None:
        """Note that a batch was trained on, numbered as Keras does in this process."""
        step, self.batches = self.step, self.number_in_epoch(batch) + 1
        self.step = self._first_step + self.batches
        self.repeated = self.step - step

    def number_in_epoch(self, batch: int) -> int:
        """Tell a batch's number in the epoch, from its number in this process."""
        return self._batches_before + batch

    def is_epoch_over(self, num_batches: int | None) -> bool:
        """Tell whether that was the epoch's last batch; it may be, where `num_batches` is None."""
        return num_batches is None or self.batches >= num_batches

    def is_ahead_of_keras(self) -> bool:
        """Tell whether other processes trained on the first batches of this epoch."""
        return self._batches_before > 0

    def end_epoch(self, is_finished: bool) -> None:
        """Note that the next epoch comes, or none."""
        self.epoch, self.batches, self.repeated, self.is_finished = self.epoch + 1, 0, 0, is_finished

    def as_state(self) -> dict[str, Any]:
        """Give what JSON is to hold: all but the step, which the state has anyway."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "step"}
