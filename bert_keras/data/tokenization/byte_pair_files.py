"""A byte-pair tokenizer's files of a preset: `tokenizer.json`, or `vocab.json` and `merges.txt`; and its config."""

import json
import os
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.added_tokens import AddedToken, SpecialTokens
from bert_keras.data.tokenization.byte_pair_json import added_token, read_byte_pair_json
from bert_keras.data.tokenization.byte_pair_json_writing import write_byte_pair_json
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.data.tokenization.keras_hub_assets import BYTE_PAIRS, read_keras_hub_config
from bert_keras.data.tokenization.tokenizer_preset import preset_directory
from bert_keras.json_text import read_json_object

# Classes of transformers whose rules are these where there is no `tokenizer.json`, and which take two options from the
# config: by the names of their special tokens, and whether tokens stand around a text.
_ROBERTA = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>",
            "pad_token": "<pad>", "mask_token": "<mask>"}  # fmt: skip
_GPT2 = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
_CLASSES = {"RobertaTokenizer": _ROBERTA, "GPT2Tokenizer": _GPT2}
_TOKENS = ("bos_token", "eos_token", "cls_token", "sep_token", "unk_token", "pad_token", "mask_token")
_USUAL = {"pad": ("<pad>", "[PAD]"), "unk": ("<unk>", "[UNK]"), "mask": ("<mask>", "[MASK]")}


def read_byte_pair_preset(preset: str | os.PathLike) -> tuple[BytePairVocabulary, dict]:
    """Read what a `BytePairTokenizer` is built from.

    Args:
        preset: Directory of the Hugging Face layout or of KerasHub, or a name as `locate_preset` takes it.

    Returns:
        The vocabulary, and the tokenizer's other arguments.

    Raises:
        FileNotFoundError: There is no vocabulary, or there are no merges.
        ValueError: A file is faulty or asks for other rules; the message names file and line or field.
    """
    directory = preset_directory(preset)
    config_path = directory / "tokenizer_config.json"
    config = read_json_object(config_path, unique_keys=True) if config_path.is_file() else {}
    of_keras_hub = (directory / BYTE_PAIRS).is_file()
    if of_keras_hub:  # its words are RoBERTa's, whatever this version of KerasHub makes of spaces in a row
        config_path = directory / "tokenizer.json"
        config = _of_keras_hub(directory)
    for name in ("add_prefix_space", "trim_offsets", "split_special_tokens"):
        if not isinstance(config.get(name, False), bool):
            raise ValueError(f"{config_path}: {name} must be true or false, received {config[name]!r:.50}")
    if (directory / "special_tokens_map.json").is_file():
        config = read_json_object(directory / "special_tokens_map.json", unique_keys=True) | config
    kind = str(config.get("tokenizer_class") or "").removesuffix("Fast")
    lines = None
    if (path := directory / "tokenizer.json").is_file() and not of_keras_hub:
        found = read_byte_pair_json(path)
    else:
        path = directory / (BYTE_PAIRS if of_keras_hub else "vocab.json")
        found = _of_two_files(path, config, kind or "RobertaTokenizer", config_path)
        lines = found["lines"]
    rules = found["rules"] | {"split_special_tokens": config.get("split_special_tokens", False)}
    if kind in _CLASSES:  # they build the rules anew from the config
        rules |= {name: config[name] for name in ("add_prefix_space", "trim_offsets") if name in config}

    names = {part: _name(config.get(f"{part}_token"), config_path) for part in _USUAL}
    names["unk"] = names["unk"] or found["unk"]
    for part, usual in _USUAL.items():
        names[part] = names[part] or next((token for token in usual if token in found["added"]), None)
    added = {token: AddedToken(token) for token in names.values() if token} | found["added"]
    added = {
        token: AddedToken(token) for end in found["ends"].values() if end is not True and end for token in end
    } | added
    special_tokens = SpecialTokens(**found["ends"], **names, added=tuple(added.values()))
    tokens = _by_id(found["ids"], path)
    merges_place = path if lines is None else path.with_name("merges.txt")
    return BytePairVocabulary(tokens, found["merges"], special_tokens, source=merges_place, merge_lines=lines), rules


def _of_keras_hub(directory):
    """Return what KerasHub's config says of a RoBERTa's tokenizer, by the names of transformers."""
    config = read_keras_hub_config(directory, ["RobertaTokenizer"])
    return {"add_prefix_space": config.get("add_prefix_space", False), "tokenizer_class": "RobertaTokenizer"}


def _of_two_files(path, config, kind, config_path):
    """Read a file of ids and the `merges.txt` beside it, and what the tokenizer's class makes of them."""
    directory, merges_path = path.parent, path.with_name("merges.txt")
    for file in (path, merges_path):
        if not file.is_file():
            raise FileNotFoundError(
                f"expected a byte-pair tokenizer's {file.name}, or a tokenizer.json, in {directory}"
            )
    if kind not in _CLASSES:
        known = ", ".join(_CLASSES)
        raise ValueError(
            f"{config_path}: tokenizer_class must be {known} where there is no tokenizer.json, received {kind!r:.50}; "
            "transformers writes one: AutoTokenizer.from_pretrained(...).save_pretrained(...)"
        )
    ids = read_json_object(path, unique_keys=True)
    parts = _CLASSES[kind] | {name: config[name] for name in _TOKENS if config.get(name) is not None}
    added = {}
    for part in parts.values():
        token = {"special": True} | (part if isinstance(part, dict) else {"content": part})
        added.setdefault(_name(part, config_path), added_token(token, str(config_path)))
    decoder = config.get("added_tokens_decoder") or {}
    if not isinstance(decoder, dict):
        raise ValueError(f"{config_path}: added_tokens_decoder must be an object, received {decoder!r:.50}")
    more = [(number, token) for number, token in decoder.items()]
    if (added_path := directory / "added_tokens.json").is_file():
        known = {_name(token, config_path) for token in decoder.values()} | added.keys()
        found = read_json_object(added_path, unique_keys=True)
        more += [(i, {"content": t, "normalized": True}) for t, i in found.items() if t not in known]
    for number, token in more:
        name = _name(token, config_path)
        number = int(number) if str(number).isdecimal() else number
        if ids.setdefault(name, number) != number:
            raise ValueError(
                f"{config_path}: the added token {name!r} is {number!r}, in {path.name} it is {ids[name]!r}"
            )
        added[name] = added_token(token if isinstance(token, dict) else {"content": token}, str(config_path))
    merges, lines = _read_merges(merges_path)
    ends = {}
    if kind == "RobertaTokenizer":
        cls, sep = _name(parts["cls_token"], config_path), _name(parts["sep_token"], config_path)
        ends = {"begin": (cls,), "between": (sep, sep), "end": (sep,)}
    rules = {"add_prefix_space": False, "trim_offsets": True, "compose": False}
    return {"ids": ids, "merges": merges, "added": added, "ends": ends, "rules": rules, "lines": lines,
            "unk": _name(parts["unk_token"], config_path)}  # fmt: skip


def _read_merges(path):
    """Read the pairs of a `merges.txt`, and the line of each."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}:{line}: not UTF-8 (byte 0x{content[error.start]:02x})") from error
    merges, lines = [], []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        line = line.removesuffix("\r")
        if line.startswith("#version") or (number == 1 and not line):
            continue
        parts = line.split(" ")
        if len(parts) != 2 or not all(parts):
            raise ValueError(f"{path}:{number}: expected two tokens with a space between them, received {line!r:.100}")
        merges.append(tuple(parts))
        lines.append(number)
    return merges, lines


def _by_id(ids, path):
    """Return the tokens in the order of their ids, which must be 0, 1, 2 and so on."""
    tokens = {}
    for token, number in ids.items():
        if type(number) is not int or not 0 <= number < len(ids):
            raise ValueError(f"{path}: token {token!r:.50} must have an id from 0 to {len(ids) - 1}, each one once, "
                             f"received {number!r:.50}")  # fmt: skip
        if tokens.setdefault(number, token) != token:
            raise ValueError(f"{path}: tokens {tokens[number]!r:.50} and {token!r:.50} both have id {number}")
    return [tokens[number] for number in range(len(ids))]


def _name(token, place):
    """Return the text of a token, which may be an object."""
    text = token.get("content") if isinstance(token, dict) else token
    if text is not None and (not isinstance(text, str) or not text):
        raise ValueError(f"{place}: expected a token, received {token!r:.100}")
    if isinstance(token, dict) and text is None:
        raise ValueError(f"{place}: expected a token with content, received {token!r:.100}")
    return text


def write_byte_pair_preset(
    directory: str | os.PathLike,
    vocabulary: BytePairVocabulary,
    *,
    add_prefix_space: bool,
    trim_offsets: bool,
    compose: bool,
    split_special_tokens: bool,
    model_max_length: int | None = None,
) -> None:
    """Write a preset's tokenizer, in place of what was there.

    Args:
        directory: The preset's folder, made if need be.
        vocabulary: Tokens, merges and special tokens.
        add_prefix_space: As in `BytePairTokenizer`, as are the next three.
        trim_offsets: Whether offsets leave spaces out.
        compose: Whether texts are composed.
        split_special_tokens: Whether special tokens in a text are ordinary text.
        model_max_length: Longest input of the model in tokens; transformers cuts longer ones when asked to truncate.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for stale in ("special_tokens_map.json", "added_tokens.json"):
        (directory / stale).unlink(missing_ok=True)
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    merges = "".join(f"{first} {second}\n" for first, second in vocabulary.merges)
    write_file(directory / "vocab.json", json.dumps(ids, ensure_ascii=False).encode())
    write_file(directory / "merges.txt", f"#version: 0.2\n{merges}".encode())
    rules = {"add_prefix_space": add_prefix_space, "trim_offsets": trim_offsets}
    write_byte_pair_json(directory / "tokenizer.json", vocabulary, **rules, compose=compose)

    special = vocabulary.special_tokens
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **rules, "split_special_tokens": split_special_tokens,
              "clean_up_tokenization_spaces": False}  # fmt: skip
    if special.begin and special.end:
        begin, end = special.begin[0], special.end[0]
        config |= {"bos_token": begin, "eos_token": end, "cls_token": begin, "sep_token": end}
    config |= {f"{part}_token": token for part in _USUAL if (token := getattr(special, part)) is not None}
    if not special.has_segments:
        config["model_input_names"] = ["input_ids", "attention_mask"]
    if model_max_length is not None:
        config["model_max_length"] = model_max_length
    write_file(directory / "tokenizer_config.json", (json.dumps(config, indent=2) + "\n").encode())
