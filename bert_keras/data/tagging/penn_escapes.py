"""The Penn Treebank's spellings of brackets, quotation marks and slashes, and what stands for them in raw text."""

import re

PENN_WORDS = "a text with words as the Penn Treebank spells them, -LRB- for a bracket, read as what they stand for"
_WORDS = {"``": '"', "''": '"'}
_BRACKETS = {"LRB": "(", "RRB": ")", "LSB": "[", "RSB": "]", "LCB": "{", "RCB": "}"}
_ESCAPE = re.compile(r"-(LRB|RRB|LSB|RSB|LCB|RCB|lrb|rrb|lsb|rsb|lcb|rcb)-|\\([/*])")


def raw_word(word: str) -> str:
    r"""Return a word as it stands in raw text, where a tagger will read it.

    Example:
        >>> [raw_word(word) for word in ("-LRB-", "``", r"1\/2", "-", "LRB")]
        ['(', '"', '1/2', '-', 'LRB']
    """
    if word in _WORDS:
        return _WORDS[word]
    return _ESCAPE.sub(lambda match: _BRACKETS[match[1].upper()] if match[1] else match[2], word)
