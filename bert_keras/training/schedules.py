"""Learning-rate schedules: a linear warm-up, then a decay of the chosen form."""

import math
from typing import Any

import keras
from keras import ops

from bert_keras.types import Tensor


class _WarmupThenDecay(keras.optimizers.schedules.LearningRateSchedule):
    """The warm-up that all schedules share; a subclass says what share of the peak is left while it decays."""

    def __init__(self, peak_learning_rate: float, total_steps: int, warmup_steps: int, end_learning_rate: float = 0.0):
        if not 0 <= end_learning_rate <= peak_learning_rate or not 0 < peak_learning_rate < math.inf:
            raise ValueError(
                "Expected a peak_learning_rate above 0 and an end_learning_rate from 0 to the peak, received: "
                f"peak_learning_rate={peak_learning_rate}, end_learning_rate={end_learning_rate}."
            )
        if total_steps != int(total_steps) or warmup_steps != int(warmup_steps) or not 0 <= warmup_steps < total_steps:
            raise ValueError(
                "Expected whole numbers with 0 <= warmup_steps < total_steps (--warmup-steps, --steps), received: "
                f"warmup_steps={warmup_steps}, total_steps={total_steps}."
            )
        self.peak_learning_rate = peak_learning_rate
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.end_learning_rate = end_learning_rate

    def __call__(self, step: Tensor) -> Tensor:
        step = ops.cast(step, "float32")
        # Step 0 already trains, at peak / warmup_steps; a rate of 0 would waste a batch.
        warmup_share = (step + 1) / max(self.warmup_steps, 1)
        decay_share = ops.clip((step - self.warmup_steps) / (self.total_steps - self.warmup_steps), 0.0, 1.0)
        span = self.peak_learning_rate - self.end_learning_rate
        return ops.where(
            step < self.warmup_steps,
            self.peak_learning_rate * warmup_share,
            self.end_learning_rate + span * self.remaining(decay_share),
        )

    def remaining(self, share: Tensor) -> Tensor:
        """Return the share of the way from end to peak that is left after `share` of the decay, 1 at 0 and 0 at 1."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
            "end_learning_rate": self.end_learning_rate,
        }


@keras.saving.register_keras_serializable(package="bert_keras")
class WarmupLinearDecay(_WarmupThenDecay):
    """Rises in a line to the peak, then falls in a line to the end: the schedule that BERT was trained with.

    Args:
        peak_learning_rate: the highest rate.
        total_steps: steps until the end rate is reached, warm-up included; later steps keep the end rate.
        warmup_steps: steps of the warm-up; step s of them trains at `peak * (s + 1) / warmup_steps`. 0 for none.
        end_learning_rate: the rate at `total_steps`. Default 0; the last step, `total_steps - 1`, is still above it.

    Raises:
        ValueError: for a rate that is negative or an end above the peak, and for a warm-up as long as the training.

    Example:
        >>> from bert_keras.training import WarmupLinearDecay
        >>> schedule = WarmupLinearDecay(1.0, total_steps=6, warmup_steps=2)
        >>> [float(schedule(step)) for step in range(7)]
        [0.5, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), appendix A.2.
    """

    def remaining(self, share: Tensor) -> Tensor:
        """Return what is left; it falls in a line."""
        return 1.0 - share


@keras.saving.register_keras_serializable(package="bert_keras")
class WarmupPolynomialDecay(_WarmupThenDecay):
    """Rises in a line to the peak, then falls as `(1 - share) ** power` of the decay's share.

    Args:
        peak_learning_rate: as in `WarmupLinearDecay`.
        total_steps: as in `WarmupLinearDecay`.
        warmup_steps: as in `WarmupLinearDecay`.
        end_learning_rate: as in `WarmupLinearDecay`.
        power: 1 is the linear decay, 2 falls fast and levels out, 0.5 stays high and drops at the end. Default 2.

    Raises:
        ValueError: as in `WarmupLinearDecay`, and for a power that is not above 0.

    Example:
        >>> from bert_keras.training import WarmupPolynomialDecay
        >>> schedule = WarmupPolynomialDecay(1.0, total_steps=4, warmup_steps=0, power=2.0)
        >>> [float(schedule(step)) for step in range(5)]
        [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """

    def __init__(
        self,
        peak_learning_rate: float,
        total_steps: int,
        warmup_steps: int,
        end_learning_rate: float = 0.0,
        power: float = 2.0,
    ):
        super().__init__(peak_learning_rate, total_steps, warmup_steps, end_learning_rate)
        if not 0 < power < math.inf:
            raise ValueError(f"Expected a power above 0, received: power={power}.")
        self.power = power

    def remaining(self, share: Tensor) -> Tensor:
        """Return what is left; it falls as a power."""
        return (1.0 - share) ** self.power

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"power": self.power}


@keras.saving.register_keras_serializable(package="bert_keras")
class WarmupCosineDecay(_WarmupThenDecay):
    """Rises in a line to the peak, then falls along half a period of the cosine.

    Args:
        peak_learning_rate: as in `WarmupLinearDecay`.
        total_steps: as in `WarmupLinearDecay`.
        warmup_steps: as in `WarmupLinearDecay`.
        end_learning_rate: as in `WarmupLinearDecay`.

    Raises:
        ValueError: as in `WarmupLinearDecay`.

    Example:
        >>> from bert_keras.training import WarmupCosineDecay
        >>> schedule = WarmupCosineDecay(1.0, total_steps=5, warmup_steps=1)
        >>> [round(float(schedule(step)), 4) for step in range(6)]
        [1.0, 1.0, 0.8536, 0.5, 0.1464, 0.0]

    Reference:
        [Loshchilov and Hutter, 2017](https://arxiv.org/abs/1608.03983), without restarts.
    """

    def remaining(self, share: Tensor) -> Tensor:
        """Return what is left; it falls along the cosine."""
        return 0.5 * (1.0 + ops.cos(math.pi * share))
