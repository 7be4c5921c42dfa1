"""`tokenizer.json` of a byte-level BPE, written for Hugging Face's `tokenizers`."""

import json
import os

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary


def write_byte_pair_json(
    path: str | os.PathLike,
    vocabulary: BytePairVocabulary,
    *,
    add_prefix_space: bool,
    trim_offsets: bool,
    compose: bool,
) -> None:
    """Write the whole tokenizer for Hugging Face's `tokenizers`.

    Args:
        path: Where to write.
        vocabulary: Tokens, merges and special tokens.
        add_prefix_space: As in `BytePairTokenizer`, as are the next two.
        trim_offsets: Whether offsets leave spaces out.
        compose: Whether texts are composed.
    """
    special, ids = vocabulary.special_tokens, {token: index for index, token in enumerate(vocabulary.tokens)}
    byte_level = {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": trim_offsets}
    byte_level["use_regex"] = True
    added = sorted(special.added, key=lambda token: ids[token.content])
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": ids[token.content], "content": token.content, "single_word": False}
            | {flag: getattr(token, flag) for flag in ("lstrip", "rstrip", "normalized", "special")}
            for token in added
        ],
        "normalizer": {"type": "NFC"} if compose else None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "Sequence",
            "processors": [*([byte_level] if trim_offsets else []), _template_of(special, ids)],
        },
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,  # no byte is unknown
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": ids,
            "merges": [list(merge) for merge in vocabulary.merges],
        },
    }
    write_file(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def _template_of(special, ids):
    second = int(special.has_segments)

    def steps(tokens, type_id):
        return [{"SpecialToken": {"id": token, "type_id": type_id}} for token in tokens]

    def text(name, type_id):
        return {"Sequence": {"id": name, "type_id": type_id}}

    first = [*steps(special.begin, 0), text("A", 0)]
    pair = [*first, *steps(special.between, 0), text("B", second), *steps(special.end, second)]
    names = dict.fromkeys((*special.begin, *special.between, *special.end))
    tokens = {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in names}
    return {"type": "TemplateProcessing", "single": [*first, *steps(special.end, 0)], "pair": pair,
            "special_tokens": tokens}  # fmt: skip
