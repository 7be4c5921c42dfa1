"""Which way a measure is better: up, but of losses, perplexities and errors."""

import re
from typing import Literal

_LOWER_IS_BETTER = {"loss", "perplexity", "mae", "mse", "rmse"}


def better_direction(name: str) -> Literal["max", "min"]:
    """Return whether the best value of a measure is its highest or its lowest.

    Args:
        name: of a measure, as logs and results have it: its last word decides.

    Example:
        >>> from bert_keras.training import better_direction
        >>> better_direction("val_bleu"), better_direction("val_perplexity"), better_direction("validation.mae")
        ('max', 'min', 'min')
    """
    return "min" if re.split(r"[._]", name)[-1] in _LOWER_IS_BETTER else "max"
