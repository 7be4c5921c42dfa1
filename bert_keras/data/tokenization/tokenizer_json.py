"""`tokenizer.json`, which transformers 5 saves in place of `vocab.txt`: the vocabulary, if the rules are BERT's."""

import os
from pathlib import Path

from bert_keras.data.tokenization.tokenizer_config import refuse_added_tokens
from bert_keras.data.tokenization.vocabulary import Vocabulary
from bert_keras.json_text import parse_json

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
    """Reads the vocabulary and the two options of BERT's rules.

    Args:
        path: A `tokenizer.json` of Hugging Face's `tokenizers`.

    Returns:
        The `Vocabulary`, and `do_lower_case` and `strip_accents` as `tokenizer_config.json` names them.

    Raises:
        ValueError: The file is no such JSON, or describes another tokenizer than BERT's; the message names the field.
    """
    place = os.fspath(path)
    try:
        content = parse_json(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{place}: expected JSON in UTF-8: {error}") from error
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


def _section(content, name, place):
    section = content.get(name) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise ValueError(f"{place}: expected a JSON object under {name!r}, received {section!r:.100}")
    return section
