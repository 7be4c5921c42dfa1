"""Where a preset of KerasHub has its tokenizer's files, and what it says of them."""

from collections.abc import Collection
from pathlib import Path

from bert_keras.json_text import parse_json

FOLDER = "assets/tokenizer"
WORD_PIECES, BYTE_PAIRS, SENTENCE_PIECES = (f"{FOLDER}/vocabulary.{ending}" for ending in ("txt", "json", "spm"))


def read_keras_hub_config(directory: Path, classes: Collection[str] = ()) -> dict:
    """Read a tokenizer's config from the `tokenizer.json` of KerasHub.

    Args:
        directory: The preset.
        classes: Names of the classes that read the vocabulary as we do; none where any does.

    Raises:
        ValueError: The file is none of KerasHub's, is of another class, or asks for tokens around every text.
    """
    path = directory / "tokenizer.json"
    try:
        content = parse_json(path.read_bytes())
        name, config = content.get("class_name"), content["config"]
        if not isinstance(config, dict):
            raise TypeError(f"config is {type(config).__name__}")
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: expected the config of a tokenizer of KerasHub") from error
    if classes and name not in classes:
        raise ValueError(f"{path}: class_name must be {' or '.join(sorted(classes))}, received {name!r:.50}")
    for field in ("add_bos", "add_eos"):
        if config.get(field):
            raise ValueError(f"{path}: {field} must be false, as in KerasHub's own presets, received {config[field]!r}")
    return config
