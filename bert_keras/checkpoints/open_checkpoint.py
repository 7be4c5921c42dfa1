"""Whatever a user calls a preset, to a checkpoint that can be read."""

from bert_keras.checkpoints.huggingface import HuggingFaceCheckpoint


def open_checkpoint(preset):
    """Find out which format a preset has, and read its configuration and the names of its tensors.

    Args:
        preset: path of a directory in the Hugging Face layout.

    Returns:
        the checkpoint, with `source`, `encoder_arguments`, `classifier_dropout`, `labels`, `shapes` and `read`.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where a file is damaged, or describes a model that we do not have.
    """
    return HuggingFaceCheckpoint(preset)
