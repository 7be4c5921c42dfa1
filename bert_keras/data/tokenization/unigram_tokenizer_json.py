"""`tokenizer.json` of ALBERT and XLM-RoBERTa: their known rules only, read with checks, and written."""

import base64
import binascii
import json
import os
import re
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.unigram_family import ALBERT
from bert_keras.data.tokenization.unigram_vocabulary import SPACE, UnigramVocabulary
from bert_keras.json_text import parse_json

_STEPS = (  # of normalisation: a name, and the fields that it must have
    ("backquotes", {"type": "Replace", "pattern": {"String": "``"}, "content": '"'}),
    ("apostrophes", {"type": "Replace", "pattern": {"String": "''"}, "content": '"'}),
    ("NFKD", {"type": "NFKD"}),
    ("StripAccents", {"type": "StripAccents"}),
    ("Lowercase", {"type": "Lowercase"}),
    ("Precompiled", {"type": "Precompiled"}),
    ("Strip", {"type": "Strip", "strip_right": True}),
    ("spaces", {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
    ("spaces", {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": SPACE}),
)
# Where ends of words are cut off, runs of spaces say nothing.
_OF_ALBERT = re.compile(
    "backquotes apostrophes (NFKD StripAccents )?(Lowercase )?(?:Precompiled )?(?:Strip )?(?:spaces )?"
)
_OF_XLM_ROBERTA = re.compile("(?:Precompiled )?(?:Strip )?(?:spaces )?")


def has_unigram_json(path: str | os.PathLike) -> bool:
    """Tell whether there is a `tokenizer.json` of a unigram model; one that is no JSON is none."""
    try:
        content = parse_json(Path(path).read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    model = content.get("model") if isinstance(content, dict) else None
    return isinstance(model, dict) and model.get("type") == "Unigram"


def read_unigram_json(path: str | os.PathLike) -> tuple[UnigramVocabulary, dict]:
    """Read the vocabulary and the two options of ALBERT's rules.

    Args:
        path: A `tokenizer.json` of Hugging Face's `tokenizers`.

    Returns:
        The `UnigramVocabulary`, and `lower_case` and `strip_accents` of `UnigramTokenizer`.

    Raises:
        ValueError: The file is no such JSON, or has other rules than ALBERT or XLM-RoBERTa; the message names them.
    """
    place = os.fspath(path)
    try:
        content = parse_json(Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(f"{place}: expected JSON in UTF-8: {error}") from error
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict) or model.get("type") != "Unigram":
        kind = model.get("type") if isinstance(model, dict) else model
        raise ValueError(f"{place}: model.type must be 'Unigram', received {kind!r:.100}")
    if model.get("byte_fallback"):
        raise ValueError(f"{place}: model.byte_fallback must be false, as in ALBERT and XLM-RoBERTa")
    vocab = model.get("vocab")
    if not isinstance(vocab, list) or not all(map(_is_entry, vocab)):
        wrong = next((entry for entry in vocab if not _is_entry(entry)), None) if isinstance(vocab, list) else vocab
        raise ValueError(f"{place}: model.vocab must be a list of [token, score], received {wrong!r:.100}")

    steps = _steps(content.get("normalizer"), place)
    charsmap = _character_map(steps, place)
    tokens, scores = zip(*vocab) if vocab else ((), ())
    vocabulary = UnigramVocabulary(tokens, scores, character_map=charsmap, source=place)
    if model.get("unk_id") != vocabulary.unk_id:
        raise ValueError(f"{place}: model.unk_id must be {vocabulary.unk_id}, received {model.get('unk_id')!r}")
    _check_pre_tokenizer(content.get("pre_tokenizer"), place)
    _check_added_tokens(content.get("added_tokens") or [], vocabulary, place)
    names = "".join(f"{name} " for name, _ in steps)
    is_albert = vocabulary.family is ALBERT
    match = (_OF_ALBERT if is_albert else _OF_XLM_ROBERTA).fullmatch(names)
    if not match:
        raise ValueError(
            f"{place}: the steps of normalizer are not those of {vocabulary.family.name}: received {names.strip()!r}"
        )
    options = {"strip_accents": match[1] is not None, "lower_case": match[2] is not None} if is_albert else {}
    return vocabulary, options


def write_unigram_json(
    path: str | os.PathLike, vocabulary: UnigramVocabulary, *, lower_case: bool, strip_accents: bool
) -> None:
    """Write the whole tokenizer for Hugging Face's `tokenizers`.

    Args:
        path: Where to write.
        vocabulary: Tokens, scores and character map.
        lower_case: As in `UnigramTokenizer`.
        strip_accents: As in `UnigramTokenizer`.
    """
    family, model, ids = vocabulary.family, vocabulary.model, vocabulary.special_tokens
    is_albert = family is ALBERT
    known = {name: fields for name, fields in reversed(_STEPS)}
    names = ["backquotes", "apostrophes"] if is_albert else []
    names += ["NFKD", "StripAccents"] if strip_accents else []
    names += ["Lowercase"] if lower_case else []
    steps = [known[name] for name in names]
    if model.character_map.content:
        charsmap = base64.b64encode(model.character_map.content).decode()
        steps.append({"type": "Precompiled", "precompiled_charsmap": charsmap})
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    metaspace = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}

    def special(token, segment):
        return {"SpecialToken": {"id": token, "type_id": segment}}

    def text(name, segment):
        return {"Sequence": {"id": name, "type_id": segment}}

    second = int(family.has_segments)
    single = [special(family.begin, 0), text("A", 0), special(family.end, 0)]
    pair = [special(family.begin, 0), text("A", 0), *(special(token, 0) for token in family.between)]
    pair += [text("B", second), special(family.end, second)]
    ends = {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (family.begin, family.end)}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": ids[t], "content": t, **flags} for t in sorted(ids, key=ids.get)],
        "normalizer": {"type": "Sequence", "normalizers": steps} if steps else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": ends},
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": vocabulary.unk_id,
            "vocab": [[token, score] for token, score in zip(model.pieces, model.scores)],
            "byte_fallback": False,
        },
    }
    write_file(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))


def _is_entry(entry):
    return isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and type(entry[1]) in (int, float)


def _steps(normalizer, place):
    """[(name, fields)] of the steps of normalisation, all of them known."""
    if isinstance(normalizer, dict) and normalizer.get("type") == "Sequence":
        normalizer = normalizer.get("normalizers")
    steps = [normalizer] if isinstance(normalizer, dict) else normalizer or []
    found = []
    for step in steps if isinstance(steps, list) else [steps]:
        for name, fields in _STEPS:
            if isinstance(step, dict) and all(step.get(key) == value for key, value in fields.items()):
                found.append((name, step))
                break
        else:
            raise ValueError(f"{place}: normalizer has a step of neither ALBERT nor XLM-RoBERTa: {step!r:.100}")
    return found


def _character_map(steps, place):
    for name, step in steps:
        if name == "Precompiled":
            try:
                return base64.b64decode(step.get("precompiled_charsmap"), validate=True)
            except (TypeError, binascii.Error) as error:
                raise ValueError(f"{place}: normalizer.precompiled_charsmap must be base64: {error}") from error
    return b""


def _check_pre_tokenizer(section, place):
    parts = section.get("pretokenizers") if isinstance(section, dict) and section.get("type") == "Sequence" else section
    parts = parts if isinstance(parts, list) else [parts]
    if len(parts) == 2 and isinstance(parts[0], dict) and parts[0].get("type") == "WhitespaceSplit":
        parts = parts[1:]
    metaspace = parts[0] if len(parts) == 1 and isinstance(parts[0], dict) else {}
    begins = metaspace.get("prepend_scheme", "always" if metaspace.get("add_prefix_space") else None)
    if [metaspace.get("type"), metaspace.get("replacement"), metaspace.get("split", True), begins] != [
        "Metaspace", SPACE, True, "always",
    ]:  # fmt: skip
        raise ValueError(
            f"{place}: pre_tokenizer must be Metaspace with U+2581 before each word, alone or after WhitespaceSplit, "
            f"received {section!r:.200}"
        )


def _check_added_tokens(added_tokens, vocabulary, place):
    specials = vocabulary.special_tokens
    for added in added_tokens if isinstance(added_tokens, list) else [added_tokens]:
        token = added.get("content") if isinstance(added, dict) else None
        if token not in specials or added.get("id") != specials[token] or added.get("single_word"):
            raise ValueError(
                f"{place}: added_tokens must be {vocabulary.family.name}'s special tokens {specials}, received "
                f"{added!r:.150}; UnigramTokenizer does not cut texts around others"
            )
