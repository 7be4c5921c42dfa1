"""Which words a tagger was trained on: kept in its preset, and told for presets that do not say."""

import logging

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.tagging_schemes import check_words

_LOG = logging.getLogger("bert_keras")


def pretrained_words(checkpoint: Checkpoint, words: str | None, *, new: bool) -> str:
    """Decide what the tags of a model stand on: what is asked for, else what its head was trained on.

    Args:
        checkpoint: what `bert_keras.checkpoints.open_checkpoint` gives.
        words: "basic" or "file"; None for the checkpoint's.
        new: whether the head is new, to be trained.

    Returns:
        "basic" or "file". A trained head whose checkpoint does not say, of transformers or of our older versions,
        learned tags of its file's words; that is logged.
    """
    if words is not None:
        return check_words(words)
    if new:
        return "basic"
    if "words" not in checkpoint.settings:
        _LOG.warning(
            "%s does not say which words it was trained on, so those of its file: in raw text, where words are cut at "
            "punctuation, it may read tags at places that it did not learn", checkpoint.source,
        )  # fmt: skip
    return check_words(checkpoint.settings.get("words", "file"))
