"""`tokenizer_config.json` of the Hugging Face layout: the few fields that decide ids, against a closed schema."""

import json
import os
from collections.abc import Iterable

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.json_text import read_json_object

_TOKEN_FIELDS = {f"{token.strip('[]').lower()}_token": token for token in SPECIAL_TOKENS}  # "mask_token": "[MASK]"
# Classes with BERT's rules, each also with "Fast" behind it; the last two say nothing of rules, `tokenizer.json` does.
_CLASSES = ("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "PreTrainedTokenizer", "TokenizersBackend")
_OPTIONS = {"do_lower_case": True, "strip_accents": None, "split_special_tokens": False}


def read_tokenizer_config(path: str | os.PathLike, **defaults: bool | None) -> dict:
    """Read and check the fields that decide how a text is tokenized.

    Fields that we do not use are passed over, and so is every path or class name in the file: nothing is followed,
    nothing is run. A missing file means the defaults, as in transformers.

    Args:
        path: A `tokenizer_config.json`.
        **defaults: `do_lower_case` and `strip_accents` where the file does not say.

    Returns:
        Keyword arguments of `WordPieceTokenizer`: `lower_case`, `strip_accents`, `split_special_tokens`.

    Raises:
        ValueError: The file is not a JSON object, a field has the wrong type, or it asks for rules other than BERT's;
            the message names file and field.
    """
    try:
        config = defaults | read_json_object(path)
    except FileNotFoundError:
        config = dict(defaults)

    def refuse(field, expected):
        raise ValueError(f"{os.fspath(path)}: {field} must be {expected}, received {config[field]!r}")

    for field, default in _OPTIONS.items():
        if not isinstance(config.get(field, default), bool | type(default)):
            refuse(field, "true or false" if default is not None else "true, false or null")
    for field in ("tokenize_chinese_chars", "do_basic_tokenize"):
        if config.get(field, True) is not True:
            refuse(field, "true, as in Google's BERT")
    if str(config.get("tokenizer_class") or _CLASSES[0]).removesuffix("Fast") not in _CLASSES:
        refuse("tokenizer_class", f"a tokenizer of BERT's rules: {', '.join(_CLASSES)}")
    for field, expected in (("word_tokenizer_type", "basic"), ("subword_tokenizer_type", "wordpiece")):
        if config.get(field, expected) != expected:
            refuse(field, f"{expected!r}, as in Google's BERT")
    for field in ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens"):
        refuse_added_tokens(config.get(field) or (), f"{os.fspath(path)}: {field}")
    for field, token in _TOKEN_FIELDS.items():
        value = config.get(field)
        if isinstance(value, dict):  # how transformers writes a token with its stripping rules
            value = value.get("content")
        if value not in (None, token):
            refuse(field, f"{token!r}, the only spelling BERT's vocabularies have")
    return {
        "lower_case": config.get("do_lower_case", True),
        "strip_accents": config.get("strip_accents"),
        "split_special_tokens": config.get("split_special_tokens", False),
    }


def refuse_added_tokens(tokens: Iterable, place: str) -> None:
    """Refuse tokens beside BERT's own that shall stay whole wherever a text has them: WordPiece would cut them.

    Args:
        tokens: List of tokens, or dict of a name or an id to a token; each a text, or an object with `content`.
        place: Where they stand, for the message.

    Raises:
        ValueError: There is one, or the tokens are neither a list nor a dict.
    """
    if not isinstance(tokens, list | tuple | dict):
        raise ValueError(f"{place} must be a list or an object, received {tokens!r:.50}")
    for token in tokens.values() if isinstance(tokens, dict) else tokens:
        token = token.get("content") if isinstance(token, dict) else token
        if token not in SPECIAL_TOKENS:
            raise ValueError(
                f"{place} adds the token {token!r:.50}, which BERT's WordPiece would cut; "
                "WordPieceTokenizer(Vocabulary.load('.../vocab.txt')) does without such tokens"
            )


def write_tokenizer_config(
    path: str | os.PathLike,
    *,
    lower_case: bool,
    strip_accents: bool | None,
    split_special_tokens: bool,
    model_max_length: int | None = None,
) -> None:
    """Write a `tokenizer_config.json` with which `transformers` builds the same tokenizer.

    Args:
        path: Where to write.
        lower_case: As in `WordPieceTokenizer`.
        strip_accents: As in `WordPieceTokenizer`.
        split_special_tokens: As in `WordPieceTokenizer`.
        model_max_length: Longest input of the model in tokens; transformers cuts longer ones when asked to truncate.
    """
    config = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": lower_case,
        "strip_accents": strip_accents,
        "tokenize_chinese_chars": True,
        "split_special_tokens": split_special_tokens,
        **_TOKEN_FIELDS,
    }
    if model_max_length is not None:
        config["model_max_length"] = model_max_length
    write_file(path, (json.dumps(config, indent=2) + "\n").encode())
