"""Whatever a user calls a preset, to a checkpoint that can be read."""

import pathlib

from bert_keras.checkpoints.google import CONFIG_FILE as GOOGLE_CONFIG_FILE
from bert_keras.checkpoints.google import GoogleCheckpoint
from bert_keras.checkpoints.huggingface import HuggingFaceCheckpoint


def open_checkpoint(preset):
    """Find out which format a preset has, and read its configuration and the names of its tensors.

    Args:
        preset: path of a directory in the Hugging Face layout or of a TF1 release of Google, or of a TF1 checkpoint
            without its endings.

    Returns:
        the checkpoint, with `source`, `encoder_arguments`, `masked_lm_arguments`, `classifier_dropout`, `labels`,
        `shapes` and `read`.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where a file is damaged, or describes a model that we do not have.
    """
    path = pathlib.Path(preset)
    if path.is_dir():
        is_google = (path / GOOGLE_CONFIG_FILE).is_file() and not (path / "config.json").is_file()
    else:
        is_google = path.name.endswith(".index") or path.with_name(f"{path.name}.index").is_file()
    return (GoogleCheckpoint if is_google else HuggingFaceCheckpoint)(path)
