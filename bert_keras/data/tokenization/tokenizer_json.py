"""`tokenizer.json`, which transformers 5 saves in place of `vocab.txt`: the vocabulary, if the rules are BERT's.

It alone names the limit of a word's length; so that is read, and written where it is another than Google's.
"""

import json
import os
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.tokenizer_config import refuse_added_tokens
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.json_text import parse_json

_USUAL_MAX_WORD_LENGTH = 100  # of `tokenizers`, where a file does not say
_RULES = {  # (section, field): the only value that means BERT's rules
    ("model", "type"): "WordPiece",
    ("model", "continuing_subword_prefix"): "##",
    ("model", "unk_token"): "[UNK]",
    ("normalizer", "type"): "BertNormalizer",
    ("normalizer", "clean_text"): True,
    ("normalizer", "handle_chinese_chars"): True,
    ("pre_tokenizer", "type"): "BertPreTokenizer",
}


def read_tokenizer_json(path: str | os.PathLike) -> tuple[Vocabulary, dict]:
    """Read the vocabulary and the two options of BERT's rules.

    Args:
        path: A `tokenizer.json` of Hugging Face's `tokenizers`.

    Returns:
        The `Vocabulary`, and `do_lower_case` and `strip_accents` as `tokenizer_config.json` names them.

    Raises:
        ValueError: The file is no such JSON, or describes another tokenizer than BERT's; the message names the field.
    """
    place = os.fspath(path)
    content = _content(path)
    sections = {name: _section(content, name, place) for name in ("model", "normalizer", "pre_tokenizer")}
    for (section, field), expected in _RULES.items():
        value = sections[section].get(field)
        if value != expected:
            raise ValueError(
                f"{place}: {section}.{field} must be {expected!r} for a BERT tokenizer, received {value!r}"
            )

    ids = _section(sections["model"], "vocab", place)
    tokens = {token_id: token for token, token_id in ids.items() if type(token_id) is int}
    if list(range(len(ids))) != sorted(tokens):
        raise ValueError(f"{place}: the ids in model.vocab must be 0 to {len(ids) - 1}, each once")
    added_tokens = content.get("added_tokens") or []
    for added in added_tokens if isinstance(added_tokens, list) else [added_tokens]:
        token = added.get("content") if isinstance(added, dict) else None
        if not isinstance(token, str) or token not in ids:
            raise ValueError(f"{place}: added_tokens must be tokens of model.vocab, received {added!r:.100}")
    refuse_added_tokens(added_tokens, f"{place}: added_tokens")

    options = {"do_lower_case": sections["normalizer"].get("lowercase", True)}
    options["strip_accents"] = sections["normalizer"].get("strip_accents")
    return Vocabulary((tokens[token_id] for token_id in range(len(ids))), source=path), options


def read_max_word_length(path: str | os.PathLike) -> int | None:
    """Read how many characters a word may have.

    Args:
        path: A `tokenizer.json`.

    Returns:
        The number; None if the file is of another tokenizer than WordPiece, or of another library than `tokenizers`.

    Raises:
        ValueError: The file is no JSON, or the number is none.
    """
    content = _content(path)
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict) or model.get("type") != "WordPiece":
        return None
    length = model.get("max_input_chars_per_word", _USUAL_MAX_WORD_LENGTH)
    if type(length) is not int or length < 1:
        raise ValueError(
            f"{os.fspath(path)}: model.max_input_chars_per_word must be a number of 1 or more, received {length!r}"
        )
    return length


def write_tokenizer_json(
    path: str | os.PathLike, vocabulary: Vocabulary, *, lower_case: bool, strip_accents: bool, max_word_length: int
) -> None:
    """Write the whole tokenizer for Hugging Face's `tokenizers`.

    Args:
        path: Where to write.
        vocabulary: The tokens.
        lower_case: As in `WordPieceTokenizer`.
        strip_accents: Whether accents are removed.
        max_word_length: Characters that a word may have.
    """
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    specials = sorted((token for token in SPECIAL_TOKENS if token in ids), key=ids.get)
    has_ends = {"[CLS]", "[SEP]"} <= ids.keys()
    ends = {name: [token, ids.get(token)] for name, token in (("sep", "[SEP]"), ("cls", "[CLS]"))}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": ids[token], "content": token, **flags} for token in specials],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": strip_accents,
            "lowercase": lower_case,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", **ends} if has_ends else None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": max_word_length,
            "vocab": ids,
        },
    }
    write_file(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))


def _content(path):
    try:
        return parse_json(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: expected JSON in UTF-8: {error}") from error


def _section(content, name, place):
    section = content.get(name) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise ValueError(f"{place}: expected a JSON object under {name!r}, received {section!r:.100}")
    return section
