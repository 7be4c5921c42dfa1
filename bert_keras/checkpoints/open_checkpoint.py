"""Whatever a user calls a preset, to a checkpoint that can be read."""

import os
import pathlib

from bert_keras.atomic_files import finish_write
from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.google import CONFIG_FILE as GOOGLE_CONFIG_FILE
from bert_keras.checkpoints.google import GoogleCheckpoint
from bert_keras.checkpoints.huggingface import HuggingFaceCheckpoint
from bert_keras.checkpoints.keras_hub import WEIGHTS_FILE as KERAS_HUB_WEIGHTS_FILE
from bert_keras.checkpoints.keras_hub import KerasHubCheckpoint
from bert_keras.checkpoints.safetensors_shards import INDEX_FILE, SINGLE_FILE
from bert_keras.preset_location import locate_preset


def open_checkpoint(preset: object) -> Checkpoint:
    """Find out which format a preset has, and read its configuration and the names of its tensors.

    Args:
        preset: one of
            path of a directory in the Hugging Face layout, of a TF1 release of Google, or of a preset of KerasHub;
            path of a TF1 checkpoint without its endings, beside `bert_config.json`;
            "hf://organisation/name", with "@revision" behind it if wanted; a name of KerasHub's presets;
            a BERT of KerasHub, or a relative of it, as an object.

    Returns:
        `Checkpoint` that can be read.

    Raises:
        ConnectionError: where a name is not in the cache and cannot be fetched.
        FileNotFoundError: where a file is missing.
        OSError: where a killed save has to be finished, and the directory cannot be written to.
        ValueError: where a file is damaged, or describes a model that we do not have.

    Example:
        >>> import tempfile
        >>> from bert_keras.checkpoints import open_checkpoint
        >>> from bert_keras.models import BertEncoder
        >>> directory = tempfile.mkdtemp()
        >>> BertEncoder.from_size("tiny", vocabulary_size=100).save_to_preset(directory)
        >>> type(open_checkpoint(directory)).__name__
        'HuggingFaceCheckpoint'
    """
    if not isinstance(preset, (str, os.PathLike)):
        return KerasHubCheckpoint(preset)
    path = pathlib.Path(locate_preset(preset))
    if not path.is_dir():
        if not (path.name.endswith(".index") or path.with_name(f"{path.name}.index").is_file()):
            return HuggingFaceCheckpoint(path)
        finish_write(path.parent)
        return GoogleCheckpoint(path)
    finish_write(path)
    found = {file.name for file in path.iterdir()}
    if "model.safetensors" not in found and KERAS_HUB_WEIGHTS_FILE in found:
        return KerasHubCheckpoint(path)
    is_google = any(name.endswith(".index") for name in found) or (
        "config.json" not in found and GOOGLE_CONFIG_FILE in found
    )
    if is_google and not found & {SINGLE_FILE, INDEX_FILE}:
        return GoogleCheckpoint(path)
    return HuggingFaceCheckpoint(path)
