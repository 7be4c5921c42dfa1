"""What `sentence-transformers` keeps beside a BERT: how the vectors of a text's tokens become one vector."""

import json
import os
import pathlib

from bert_keras.atomic_files import finish_write, write_files
from bert_keras.checkpoints.json_file import read_json

_PACKAGE = "sentence_transformers.models"  # the names that every version of it reads
_POOLING_FILE = "1_Pooling/config.json"
_PROMPTS_FILE = "config_sentence_transformers.json"
# By our names, those of `bert_keras.models.TextClassifier`.
_MODES = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "first"}


def read_pooling(directory: str | os.PathLike) -> dict:
    """Read how a preset of sentence-transformers makes one vector of a text.

    Args:
        directory: path of a preset.

    Returns:
        dict of `pooling`, "mean" of all tokens' vectors or the "first" token's, `normalize`, whether vectors are scaled
        to length 1, `sequence_length`, the longest row or None, and `prompt`, what stands before each text, "" for
        nothing; {} where the directory is no preset of sentence-transformers.

    Raises:
        OSError: where a killed save has to be finished, and the directory cannot be written to.
        ValueError: where it pools in another way, or has further modules.
    """
    directory = pathlib.Path(directory)
    finish_write(directory)
    if not (directory / "modules.json").is_file():
        return {}
    content = read_json(directory / "modules.json", list)
    try:
        kinds = [module["type"].rpartition(".")[2] for module in content]
        is_at_top = bool(content) and not content[0]["path"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{directory}/modules.json: expected a list of modules with type and path.") from error
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) or not is_at_top:
        raise ValueError(f"{directory}/modules.json: expected Transformer, Pooling and maybe Normalize, found {kinds}.")
    if (pooling := sentence_pooling(directory)) is None:
        found = read_json(directory / _POOLING_FILE)
        raise ValueError(f"{directory}/{_POOLING_FILE}: expected the mean of all tokens or the first, found {found}.")
    length = None
    if (directory / "sentence_bert_config.json").is_file():
        length = read_json(directory / "sentence_bert_config.json").get("max_seq_length")
        if length is not None and (type(length) is not int or length < 1):
            raise ValueError(
                f"{directory}/sentence_bert_config.json: max_seq_length must be a whole number of tokens or null, "
                f"received {length!r}."
            )
    return {
        "pooling": pooling,
        "normalize": kinds[-1] == "Normalize",
        "sequence_length": length,
        "prompt": _default_prompt(directory / _PROMPTS_FILE),
    }


def _default_prompt(path):
    settings = read_json(path) if path.is_file() else {}
    name = settings.get("default_prompt_name")
    if name is None:
        return ""
    prompts = settings.get("prompts")
    prompt = prompts.get(name) if isinstance(prompts, dict) and isinstance(name, str) else None
    if not isinstance(prompt, str):
        raise ValueError(f"{path}: default_prompt_name is {name!r}, but prompts has no such text.")
    return prompt


def sentence_pooling(directory: str | os.PathLike) -> str | None:
    """Tell what a sentence encoder was trained to make its vectors of.

    Args:
        directory: path of a preset.

    Returns:
        "mean" of all tokens' vectors, the "first" token's, or None: in another way, or it is no sentence encoder.

    Raises:
        ValueError: where the file that says it is damaged.
    """
    path = pathlib.Path(directory, _POOLING_FILE)
    if not path.is_file():
        return None
    pooling = read_json(path)
    modes = [name for name, value in pooling.items() if name.startswith("pooling_mode_") and value]
    if len(modes) == 1:
        return _MODES.get(modes[0])
    return {"mean": "mean", "cls": "first"}.get(pooling.get("pooling_mode"))


def write_pooling(
    directory: str | os.PathLike,
    hidden_dim: int,
    *,
    pooling: str,
    normalize: bool,
    sequence_length: int,
    prompt: str = "",
) -> None:
    """Write beside a model what makes it one of sentence-transformers.

    Args:
        directory: path of a preset.
        hidden_dim: width of the vectors.
        pooling: "mean" or "first".
        normalize: whether they are scaled to length 1.
        sequence_length: longest row, special tokens included.
        prompt: what stands before each text. Default "", nothing.
    """
    directory = pathlib.Path(directory)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")][: 3 if normalize else 2]
    listed = [
        {"idx": index, "name": str(index), "path": path, "type": f"{_PACKAGE}.{kind}"}
        for index, (path, kind) in enumerate(modules)
    ]
    settings = {"word_embedding_dimension": hidden_dim} | {mode: name == pooling for mode, name in _MODES.items()}
    settings |= {"pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}
    if normalize:
        write_files(directory / "2_Normalize", {"config.json": b"{}\n"})
    write_files(directory / "1_Pooling", {"config.json": _json(settings)})
    length = {"max_seq_length": sequence_length, "do_lower_case": False}  # the tokenizer does that
    prompts = {"prompts": {"default": prompt}, "default_prompt_name": "default"} if prompt else {"prompts": {}}
    files = {"sentence_bert_config.json": length, "modules.json": listed, _PROMPTS_FILE: prompts}
    write_files(directory, {name: _json(content) for name, content in files.items()})


def _json(content):
    return (json.dumps(content, indent=2) + "\n").encode("utf-8")
