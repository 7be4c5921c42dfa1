"""How a model writes, as transformers keeps it beside the model: generation_config.json."""

import json
import logging
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from bert_keras.atomic_files import write_file
from bert_keras.checkpoints.json_file import read_json

_FILE = "generation_config.json"
_NAMES = {  # ours, those of `bert_keras.models.decoding.generate`, and transformers'
    "max_new_tokens": "max_new_tokens",
    "min_new_tokens": "min_new_tokens",
    "num_beams": "num_beams",
    "length_penalty": "length_penalty",
    "num_results": "num_return_sequences",
    "no_repeat_ngram": "no_repeat_ngram_size",
}
_DRAWING = {"temperature": 1.0, "top_k": 50, "top_p": 1.0}  # what transformers draws by where the file says nothing
_OTHERS = {  # options that we have not, and what leaves the text as it is
    "repetition_penalty": 1.0, "encoder_repetition_penalty": 1.0, "encoder_no_repeat_ngram_size": 0,
    "diversity_penalty": 0.0, "num_beam_groups": 1, "penalty_alpha": None, "typical_p": 1.0, "min_p": None,
    "epsilon_cutoff": 0.0, "eta_cutoff": 0.0, "bad_words_ids": None, "forced_bos_token_id": None,
    "forced_eos_token_id": None, "suppress_tokens": None, "begin_suppress_tokens": None, "sequence_bias": None,
    "exponential_decay_length_penalty": None, "guidance_scale": None, "stop_strings": None, "early_stopping": False,
}  # fmt: skip
_logger = logging.getLogger(__name__)


def read_generation_config(directory: str | os.PathLike) -> dict[str, Any]:
    """Read the options of decoding that a preset has.

    Stop tokens are not among them: those are the tokenizer's. What transformers would do and we cannot is logged.

    Args:
        directory: path of a preset.

    Returns:
        dict of options of `bert_keras.models.decoding.generate`; {} where the preset has none.

    Raises:
        ValueError: where the file is no JSON object.
    """
    path = pathlib.Path(directory, _FILE)
    if not path.is_file():
        return {}
    noted = {name: value for name, value in read_json(path).items() if value is not None}
    options = {ours: noted[theirs] for ours, theirs in _NAMES.items() if theirs in noted}
    unknown = [f"{name} {noted[name]}" for name, harmless in _OTHERS.items() if noted.get(name, harmless) != harmless]
    if noted.get("do_sample") and noted.get("num_beams", 1) > 1:
        unknown.append("beams that are drawn")
    elif noted.get("do_sample"):
        options |= {name: noted.get(name, value) for name, value in _DRAWING.items()}
        options["top_k"] = options["top_k"] or None  # 0 is for all of them
    if unknown:
        _logger.warning("%s: %s: not applied, texts may differ from transformers'", path, ", ".join(unknown))
    return options


def write_generation_config(directory: str | os.PathLike, options: Mapping[str, Any]) -> None:
    """Write options of decoding beside a model, for us and for transformers.

    Args:
        directory: path of a preset, which must be there.
        options: options of `bert_keras.models.decoding.generate`. Those that transformers does not have are logged.

    Example:
        >>> import tempfile
        >>> directory = tempfile.mkdtemp()
        >>> write_generation_config(directory, {"max_new_tokens": 32, "no_repeat_ngram": 3})
        >>> read_generation_config(directory)
        {'max_new_tokens': 32, 'no_repeat_ngram': 3}
    """
    options = {name: value for name, value in options.items() if value is not None}
    noted = {theirs: options.pop(ours) for ours, theirs in _NAMES.items() if ours in options}
    if stops := options.pop("stop_token_ids", None):
        noted["eos_token_id"] = stops
    if any(name in options for name in _DRAWING):
        drawn = {name: options.pop(name, 0 if name == "top_k" else value) for name, value in _DRAWING.items()}
        noted |= {"do_sample": True} | drawn
    if options:
        _logger.warning("%s: %s: transformers has no such options, left out", directory, ", ".join(sorted(options)))
    write_file(pathlib.Path(directory, _FILE), (json.dumps(noted, indent=2) + "\n").encode())
