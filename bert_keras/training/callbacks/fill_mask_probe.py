"""What the model makes of a few sentences, for TensorBoard's text page."""

import os
from collections.abc import Callable, Iterable, Iterator

from bert_keras.training.callbacks.text_probe import TextProbe


class FillMaskProbe(TextProbe):
    """Writes a table of the best guesses for some sentences before training and after each epoch.

    Args:
        fill_mask: callable such as `bert_keras.inference.FillMask`: `fill_mask(sentences, top_k=...)` gives for each
            sentence, for each [MASK] in it, a list of (token, probability).
        sentences: list of str, each with [MASK].
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        top_k: number of guesses. Default 5.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import FillMaskProbe
        >>> def fill_mask(sentences, top_k):
        ...     return [[[("states", 0.9), ("kingdom", 0.1)]] for _ in sentences]
        >>> callbacks = [FillMaskProbe(fill_mask, ["the united [MASK]"], tempfile.mkdtemp())]  # for model.fit
    """

    def __init__(self, fill_mask: Callable, sentences: Iterable[str], log_dir: str | os.PathLike, top_k: int = 5):
        super().__init__("fill_mask", ("sentence", *map(str, range(1, top_k + 1))), self._guesses, log_dir)
        self.fill_mask = fill_mask
        self.sentences = list(sentences)
        self.top_k = top_k

    def _guesses(self) -> Iterator[tuple[str, ...]]:
        for sentence, masks in zip(self.sentences, self.fill_mask(self.sentences, top_k=self.top_k), strict=True):
            for guesses in masks:
                yield sentence, *(f"{token} {p:.2f}" for token, p in guesses)
