"""A tokenizer as others need it: for plain text, for single words; and what a corpus says of it to know it again."""

from collections.abc import Callable

from bert_keras.data.tokenization.word_length import MAX_WORD_LENGTH
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer


def plain_text_tokenizer(tokenizer: Callable) -> Callable:
    """Return the same tokenizer, but one that takes a special token spelled out in the text as ordinary text."""
    if getattr(tokenizer, "split_special_tokens", True):
        return tokenizer
    return type(tokenizer).from_config(tokenizer.get_config() | {"split_special_tokens": True})


def word_tokenizer(tokenizer: Callable) -> Callable:
    """Return the same tokenizer, but one that takes what it gets for a part of a text, with a space before it."""
    if getattr(tokenizer, "add_prefix_space", True):
        return tokenizer
    return type(tokenizer).from_config(tokenizer.get_config() | {"add_prefix_space": True})


def tokenizer_settings(tokenizer: Callable) -> dict:
    """Return what a corpus depends on besides the vocabulary: the tokenizer's other arguments and its class."""
    config = tokenizer.get_config() if hasattr(tokenizer, "get_config") else {}
    left_out = {"vocabulary", "split_special_tokens"}
    if config.get("max_word_length") == MAX_WORD_LENGTH:  # older corpora do not name it
        left_out.add("max_word_length")
    settings = {name: value for name, value in config.items() if name not in left_out}
    kind = type(tokenizer)
    return settings | ({} if kind is WordPieceTokenizer else {"tokenizer": f"{kind.__module__}.{kind.__qualname__}"})
