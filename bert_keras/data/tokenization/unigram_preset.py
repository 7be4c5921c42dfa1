"""The files of a preset's unigram tokenizer, whoever wrote them; and what we write."""

import json
import os
import re
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.keras_hub_assets import SENTENCE_PIECES, read_keras_hub_config
from bert_keras.data.tokenization.sentencepiece_model import SentencePieceModel
from bert_keras.data.tokenization.tokenizer_preset import preset_directory
from bert_keras.data.tokenization.unigram_family import ALBERT, UNIGRAM_FAMILIES
from bert_keras.data.tokenization.unigram_tokenizer_json import (
    has_unigram_json,
    read_unigram_json,
    write_unigram_json,
)
from bert_keras.data.tokenization.unigram_vocabulary import UnigramVocabulary
from bert_keras.json_text import read_json_object

_ANY_CLASS = ("PreTrainedTokenizer", "TokenizersBackend")  # say nothing of rules, `tokenizer.json` does
_DIGIT_AND_COMMA = re.compile(r".*\d,", re.DOTALL)
_PENALTY = 100.0


def read_unigram_preset(preset: str | os.PathLike) -> tuple[UnigramVocabulary, dict]:
    """Read what a `UnigramTokenizer` is built from.

    Args:
        preset: Directory of the Hugging Face layout or of KerasHub, or a name as `locate_preset` takes it.

    Returns:
        The vocabulary, and the tokenizer's other arguments.

    Raises:
        FileNotFoundError: There is neither a model file nor a `tokenizer.json` of a unigram model.
        ValueError: A file is faulty or asks for other rules; the message names file and field.
    """
    directory = preset_directory(preset)
    if (directory / SENTENCE_PIECES).is_file():
        vocabulary = _read_model(directory / SENTENCE_PIECES)
        read_keras_hub_config(directory, [vocabulary.family.tokenizer_class])
        # Case and accents are left to the family: KerasHub keeps them, but its published ALBERTs were trained without.
        return vocabulary, {}
    model_file, json_file = _model_file(directory), directory / "tokenizer.json"
    if has_unigram_json(json_file):
        vocabulary, rules = read_unigram_json(json_file)
        if model_file is not None:
            vocabulary = _with_user_defined(vocabulary, _read_model(model_file))
    elif model_file is not None:
        vocabulary, rules = _read_model(model_file), {}
    else:
        names = ", ".join(family.file for family in UNIGRAM_FAMILIES)
        raise FileNotFoundError(f"expected {names} or tokenizer.json of a unigram model in {str(directory)!r}")
    return vocabulary, rules | _read_config(directory / "tokenizer_config.json", vocabulary, rules)


def write_unigram_preset(
    directory: Path,
    vocabulary: UnigramVocabulary,
    *,
    lower_case: bool,
    strip_accents: bool,
    split_special_tokens: bool,
    model_max_length: int | None = None,
) -> None:
    """Write the model file, `tokenizer.json` and `tokenizer_config.json`, with which `transformers` gives the same ids.

    Args:
        directory: Where to write, made if need be.
        vocabulary: As in `UnigramTokenizer`.
        lower_case: As in `UnigramTokenizer`.
        strip_accents: As in `UnigramTokenizer`.
        split_special_tokens: As in `UnigramTokenizer`.
        model_max_length: Longest input of the model in tokens.
    """
    directory.mkdir(parents=True, exist_ok=True)
    family = vocabulary.family
    config = {"tokenizer_class": family.tokenizer_class, **_token_fields(family)}
    if family is ALBERT:
        config |= {"do_lower_case": lower_case, "keep_accents": not strip_accents}
        # transformers 5 would give the second text of a pair segment 0, where ALBERT was trained on 1.
        config["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    config["split_special_tokens"] = split_special_tokens
    if model_max_length is not None:
        config["model_max_length"] = model_max_length
    for stale in {other.file for other in UNIGRAM_FAMILIES} - {family.file} | {"added_tokens.json"}:
        (directory / stale).unlink(missing_ok=True)
    write_file(directory / family.file, vocabulary.to_model().serialize())
    write_unigram_json(directory / "tokenizer.json", vocabulary, lower_case=lower_case, strip_accents=strip_accents)
    write_file(directory / "tokenizer_config.json", (json.dumps(config, indent=2) + "\n").encode())


def _model_file(directory):
    files = (directory / family.file for family in UNIGRAM_FAMILIES)
    return next((file for file in files if file.is_file()), None)


def _read_model(path):
    model = SentencePieceModel.load(path)
    vocabulary = UnigramVocabulary.from_model(model, source=os.fspath(path))
    if vocabulary.family is not ALBERT:
        return vocabulary
    scores = [  # once only, however often the model is written and read: no trained score is below -100
        score - _PENALTY if score > -_PENALTY and _DIGIT_AND_COMMA.fullmatch(piece) else score
        for piece, score in zip(vocabulary.tokens, vocabulary.model.scores)
    ]
    return _changed(vocabulary, scores=scores)


def _with_user_defined(vocabulary, of_model):
    """`tokenizer.json` does not say which tokens are user-defined; a model file of the same tokens does."""
    if vocabulary.tokens != of_model.tokens:
        raise ValueError(
            f"{vocabulary.source} and {of_model.source} must have the same tokens: remove the one that the model was "
            "not trained with"
        )
    return _changed(vocabulary, user_defined=of_model.get_config()["user_defined"])


def _changed(vocabulary, **changes):
    arguments = {"scores": vocabulary.model.scores, "user_defined": vocabulary.get_config()["user_defined"]} | changes
    return UnigramVocabulary(
        vocabulary.tokens, character_map=vocabulary.model.character_map, source=vocabulary.source, **arguments
    )


def _token_fields(family):
    ends = {"bos_token": family.begin, "cls_token": family.begin, "eos_token": family.end, "sep_token": family.end}
    return ends | {"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": family.mask_token}


def _read_config(path, vocabulary, rules):
    """Read the arguments that `tokenizer_config.json` gives; where `tokenizer.json` gives them too, they must agree."""
    family = vocabulary.family
    try:
        config = read_json_object(path)
    except FileNotFoundError:
        config = {}

    def refuse(field, expected):
        raise ValueError(f"{path}: {field} must be {expected}, received {config[field]!r:.100}")

    for field in ("do_lower_case", "keep_accents", "split_special_tokens", "add_prefix_space"):
        if not isinstance(config.get(field, True), bool):
            refuse(field, "true or false")
    if not config.get("add_prefix_space", True):
        refuse("add_prefix_space", "true, as in ALBERT and XLM-RoBERTa")
    classes = (family.tokenizer_class, *_ANY_CLASS)
    if str(config.get("tokenizer_class") or classes[0]).removesuffix("Fast") not in classes:
        refuse("tokenizer_class", f"one of {', '.join(classes)} for this vocabulary of {family.name}")
    for field, token in _token_fields(family).items():
        value = config.get(field)
        if (value.get("content") if isinstance(value, dict) else value) not in (None, token):
            refuse(field, f"{token!r}, as in {family.name}")
    for field in ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens"):
        tokens = config.get(field) or ()
        for token in tokens.values() if isinstance(tokens, dict) else tokens if isinstance(tokens, list) else [tokens]:
            token = token.get("content") if isinstance(token, dict) else token
            if tokens and token not in vocabulary.special_tokens:
                raise ValueError(
                    f"{path}: {field} adds the token {token!r:.50}, around which texts would be cut; UnigramTokenizer "
                    f"knows {', '.join(vocabulary.special_tokens)} only"
                )
    options = {"split_special_tokens": config.get("split_special_tokens", False)}
    if family is ALBERT:
        for field, name, value in (
            ("do_lower_case", "lower_case", config.get("do_lower_case")),
            ("keep_accents", "strip_accents", config.get("keep_accents")),
        ):
            if value is not None:
                options[name] = value if field == "do_lower_case" else not value
                if options[name] != rules.get(name, options[name]):
                    refuse(field, f"{not value}".lower() + ", as the normalizer in tokenizer.json")
    return options
