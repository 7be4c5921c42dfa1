"""`tokenizer.json` of a byte-level BPE, read if the rules are ones that we have."""

import json
import os

from bert_keras.data.tokenization.added_tokens import AddedToken
from bert_keras.json_text import read_json_object

_MODEL = {  # field: values that mean byte-level BPE without anything else
    "type": ("BPE",),
    "dropout": (None, 0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "byte_fallback": (None, False),
    "ignore_merges": (None, False),
}
_FLAGS = ("special", "lstrip", "rstrip", "normalized")


def read_byte_pair_json(path: str | os.PathLike) -> dict:
    """Read tokens, merges and rules.

    Args:
        path: A `tokenizer.json` of Hugging Face's `tokenizers`.

    Returns:
        `ids`, {token: id}; `merges`, pairs; `added`, {token: `AddedToken`}; `ends`, the arguments of `SpecialTokens`
        that say what stands in a row; `unk`, a token or None; and `rules`, arguments of `BytePairTokenizer`.

    Raises:
        ValueError: The file is no such JSON, or describes another tokenizer; the message names the field.
    """
    place = os.fspath(path)
    content = read_json_object(path, unique_keys=True)
    model = _section(content, "model", place)
    _expect(model, _MODEL, f"{place}: model")
    _expect(_section(content, "decoder", place, optional=True), {"type": ("ByteLevel", None)}, f"{place}: decoder")
    pre_tokenizer = _section(content, "pre_tokenizer", place)
    expected = {"type": ("ByteLevel",), "use_regex": (True, None), "add_prefix_space": (True, False)}
    _expect(pre_tokenizer, expected, f"{place}: pre_tokenizer")
    normalizers = _steps(_section(content, "normalizer", place, optional=True), "normalizers", f"{place}: normalizer")
    for normalizer in normalizers:
        _expect(normalizer, {"type": ("NFC",)}, f"{place}: normalizer")

    ids = model.get("vocab")
    if not isinstance(ids, dict):
        raise ValueError(f"{place}: model.vocab must be an object of tokens and ids, received {ids!r:.50}")
    merges = model.get("merges")
    if not isinstance(merges, list):
        raise ValueError(f"{place}: model.merges must be a list, received {merges!r:.50}")
    merges = [tuple(merge.split(" ")) if isinstance(merge, str) else merge for merge in merges]
    if wrong := [merge for merge in merges if not isinstance(merge, list | tuple)]:
        raise ValueError(f"{place}: model.merges must be pairs of tokens, received {wrong[0]!r:.50}")
    ids, added = dict(ids), _added_tokens(content, ids, place)
    unk = model.get("unk_token")
    ends, trim_offsets = _ends(content, place)
    rules = {"add_prefix_space": pre_tokenizer["add_prefix_space"], "trim_offsets": trim_offsets}
    rules["compose"] = bool(normalizers)
    return {"ids": ids | added[0], "merges": merges, "added": added[1], "ends": ends, "unk": unk, "rules": rules}


def _added_tokens(content, ids, place):
    tokens = content.get("added_tokens") or []
    if not isinstance(tokens, list):
        raise ValueError(f"{place}: added_tokens must be a list, received {tokens!r:.50}")
    numbers, added = {}, {}
    for token in tokens:
        name = f"{place}: added_tokens: {token!r:.100}"
        if not isinstance(token, dict) or not isinstance(token.get("content"), str) or "id" not in token:
            raise ValueError(f"{name} must be an object with content and id")
        text = token["content"]
        if text in numbers or ids.get(text, token["id"]) != token["id"]:
            raise ValueError(f"{name} has another id elsewhere, or is there twice")
        numbers[text], added[text] = token["id"], added_token(token, name)
    return numbers, added


def added_token(token: dict, place: str) -> AddedToken:
    """Read an added token as transformers and `tokenizers` write it.

    Args:
        token: With `content` and, where they are not False, `special`, `lstrip`, `rstrip` and `normalized`.
        place: Where it stands, for messages.

    Raises:
        ValueError: A flag is no truth value, or asks for what we do not have.
    """
    flags = {name: token.get(name, False) for name in (*_FLAGS, "single_word")}
    if wrong := [name for name, value in flags.items() if not isinstance(value, bool)]:
        raise ValueError(f"{place}: {wrong[0]} must be true or false, received {flags[wrong[0]]!r:.50}")
    if flags.pop("single_word"):
        raise ValueError(f"{place}: single_word must be false: a token is found inside words, too")
    try:
        return AddedToken(token["content"], **flags)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _ends(content, place):
    """Return what the post-processor puts around texts, and whether it trims offsets."""
    place = f"{place}: post_processor"
    section = content.get("post_processor")
    if section is not None and not isinstance(section, dict):
        raise ValueError(f"{place} must be an object or null, received {section!r:.50}")
    ends, trims = {}, False
    for step in _steps(section or {}, "processors", place):
        kind = step.get("type")
        _expect(step, {"type": ("ByteLevel", "RobertaProcessing", "BertProcessing", "TemplateProcessing")}, place)
        try:
            if kind in ("RobertaProcessing", "BertProcessing"):
                begin, end = (step["cls"][0],), (step["sep"][0],)
                is_bert = kind == "BertProcessing"
                ends = {"begin": begin, "between": end if is_bert else end * 2, "end": end, "has_segments": is_bert}
            elif kind == "TemplateProcessing":
                ends = _template(step)
            if not all(isinstance(token, str) for name in ("begin", "between", "end") for token in ends.get(name, ())):
                raise TypeError
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{place}: expected tokens around and between two texts, received {step!r:.200}"
            ) from error
        trims |= kind in ("ByteLevel", "RobertaProcessing") and step.get("trim_offsets", True) is True
    return ends, trims


def _template(step):
    """Tokens of `[CLS] $A [SEP]` and `[CLS] $A [SEP] $B [SEP]`; an error where the two do not agree."""
    (single, _), (pair, types) = ((_names(step[name]), _types(step[name])) for name in ("single", "pair"))
    first, second = pair.index("$A"), pair.index("$B")
    begin, end = single[: single.index("$A")], single[single.index("$A") + 1 :]
    if pair[:first] != begin or pair[second + 1 :] != end:
        raise ValueError
    between = tuple(pair[first + 1 : second])
    return {"begin": tuple(begin), "between": between, "end": tuple(end), "has_segments": types[second] == 1}


def _names(steps):
    return [f"${step['Sequence']['id']}" if "Sequence" in step else step["SpecialToken"]["id"] for step in steps]


def _types(steps):
    return [next(iter(step.values())).get("type_id", 0) for step in steps]


def _steps(section, name, place):
    """Return the parts of a sequence, or the one part that is there."""
    if not section or section.get("type") != "Sequence":
        return [section] if section else []
    steps = section.get(name)
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ValueError(f"{place}.{name} must be a list of objects, received {steps!r:.50}")
    return steps


def _section(content, name, place, *, optional=False):
    section = content.get(name)
    if section is None and optional:
        return {}
    if not isinstance(section, dict):
        raise ValueError(f"{place}: expected a JSON object under {name!r}, received {section!r:.100}")
    return section


def _expect(section, fields, place):
    for field, expected in fields.items():
        value = section.get(field)
        if not any(value == other and type(value) is type(other) or value == other == 0 for other in expected):
            shown = " or ".join(json.dumps(value) for value in expected)
            raise ValueError(f"{place}.{field} must be {shown} for a byte-level BPE, received {value!r:.100}")
