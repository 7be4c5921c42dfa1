"""The characters that are words of their own by BERT's rules, in any language that writes with them."""

import re

# Of `_is_chinese_char` in google-research/bert's `tokenization.py`.
CHINESE_RANGES = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
_CHINESE = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in CHINESE_RANGES) + "]")


def has_chinese(text: str) -> bool:
    """Tell whether there is a Chinese character in a text.

    Args:
        text: Such as a token.

    Example:
        >>> has_chinese("中"), has_chinese("##ing")
        (True, False)
    """
    return _CHINESE.search(text) is not None
