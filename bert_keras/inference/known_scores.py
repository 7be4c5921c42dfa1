"""Scores of a model in training: a part is scored once for the same weights."""

from collections.abc import Callable, Mapping

import keras

from bert_keras.models.weights_checksum import weights_checksum


class KnownScores:
    """A function that scores a part of the data, and gives what it gave where the model's weights are as they were.

    The weights that a training keeps are those of an epoch that has been scored.

    Args:
        model: Whose weights the scores depend on.
        score: From the name of a part to its scores.

    Call arguments:
        part: Name of a part, such as "validation".

    Output:
        What `score` gives.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> score = KnownScores(model, lambda part: print("scores", part) or {"f1": 0.5})
        >>> score("validation") == score("validation")
        scores validation
        True
    """

    def __init__(self, model: keras.Model, score: Callable[[str], Mapping[str, float]]):
        self.model = model
        self.score = score
        self._known: dict[tuple[str, int], Mapping[str, float]] = {}

    def __call__(self, part: str) -> Mapping[str, float]:
        key = part, weights_checksum(self.model)
        if key not in self._known:
            self._known[key] = self.score(part)
        return self._known[key]
