"""The vocabulary and the rules of a preset's tokenizer, whoever wrote the preset."""

import os
import re
from pathlib import Path

from bert_keras.data.tokenization.keras_hub_assets import WORD_PIECES, read_keras_hub_config
from bert_keras.data.tokenization.tokenizer_config import read_tokenizer_config, refuse_added_tokens
from bert_keras.data.tokenization.tokenizer_json import read_max_word_length, read_tokenizer_json
from bert_keras.data.tokenization.vocabulary import Vocabulary
from bert_keras.json_text import read_json_object
from bert_keras.preset_location import locate_preset

# Google's TF1 releases tell by the folder's name alone; see `validate_case_matches_checkpoint` of its tokenization.py.
_CASED_RELEASE = re.compile(r"(?:^|_)cased_L-")


def read_tokenizer_preset(preset: str | os.PathLike) -> tuple[Vocabulary, dict]:
    """Read what a `WordPieceTokenizer` is built from.

    Args:
        preset: Directory of the Hugging Face layout, of Google's TF1 release or of KerasHub, a TF1 checkpoint in its
            directory, or a name as `bert_keras.preset_location.locate_preset` takes it.

    Returns:
        The vocabulary, and the tokenizer's other arguments.

    Raises:
        FileNotFoundError: There is no vocabulary.
        ValueError: A file is faulty or asks for other rules than BERT's; the message names file and line or field.
    """
    directory, rules = preset_directory(preset), {}
    of_keras_hub = directory / WORD_PIECES
    if (directory / "vocab.txt").is_file():
        vocabulary = Vocabulary.load(directory / "vocab.txt")
        if _CASED_RELEASE.search(directory.resolve().name):
            rules = {"do_lower_case": False}
        if (directory / "added_tokens.json").is_file():
            added = directory / "added_tokens.json"
            refuse_added_tokens(list(read_json_object(added)), str(added))
    elif of_keras_hub.is_file():
        vocabulary = Vocabulary.load(of_keras_hub)
        # Accents are left to BERT's rule: KerasHub keeps them, but its published weights were trained without.
        return vocabulary, {"lower_case": _lowercase_of_keras_hub(directory)}
    elif (directory / "tokenizer.json").is_file():
        vocabulary, rules = read_tokenizer_json(directory / "tokenizer.json")
    else:
        vocabulary = Vocabulary.load(directory / "vocab.txt")  # which names the missing file
    options = read_tokenizer_config(directory / "tokenizer_config.json", **rules)
    if (directory / "tokenizer.json").is_file() and (length := read_max_word_length(directory / "tokenizer.json")):
        options["max_word_length"] = length  # which no other file names
    return vocabulary, options


def preset_directory(preset: str | os.PathLike) -> Path:
    """Find the directory of a preset's files.

    Args:
        preset: As for `locate_preset`; of a checkpoint's path it is the directory.

    Example:
        >>> import tempfile
        >>> directory = tempfile.mkdtemp()
        >>> preset_directory(directory) == Path(directory)
        True
    """
    directory = Path(locate_preset(preset))
    if directory.suffix == ".keras" or (
        not directory.is_dir() and directory.parent.joinpath("bert_config.json").is_file()
    ):
        return directory.parent
    return directory


def _lowercase_of_keras_hub(directory: Path) -> bool:
    lowercase = read_keras_hub_config(directory).get("lowercase")
    if not isinstance(lowercase, bool):
        raise ValueError(f"{directory / 'tokenizer.json'}: lowercase must be true or false, received {lowercase!r}")
    return lowercase
