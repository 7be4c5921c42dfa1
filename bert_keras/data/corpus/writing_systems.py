"""Which script a text is written in, and which scripts write no spaces between words."""

import functools
import re
import unicodedata
from collections.abc import Iterable

import numpy as np

SCRIPTS = (
    *("arabic", "armenian", "bengali", "bopomofo", "cherokee", "cyrillic", "devanagari", "ethiopic", "georgian"),
    *("greek", "gujarati", "gurmukhi", "han", "hangul", "hebrew", "hiragana", "kannada", "katakana", "khmer", "lao"),
    *("latin", "malayalam", "mongolian", "myanmar", "oriya", "sinhala", "syriac", "tamil", "telugu", "thaana", "thai"),
    *("tibetan", "yi"),
)
# Of scripts without spaces the ranges of their characters: Thai, Lao, Burmese, Khmer, kana, Bopomofo, Han, Yi.
WITHOUT_SPACES = (
    *((0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800), (0x2E80, 0x2FE0), (0x3005, 0x3008), (0x3031, 0x3036)),
    *((0x3040, 0x30FB), (0x30FC, 0x3130), (0x31A0, 0x31C0), (0x31F0, 0x3200), (0x3400, 0xA4D0), (0xF900, 0xFB00)),
    (0x1B000, 0x1B300),
)
NUM_TABLED = 0x20000  # characters that tables hold; the planes behind them hold Han characters
_OTHER = len(SCRIPTS) + 1  # a letter of another script


def check_scripts(scripts: Iterable[str]) -> None:
    """Raise `ValueError` if one of these is no script that can be told."""
    for script in scripts:
        if script not in SCRIPTS:
            raise ValueError(f"there is no script {script!r}; there are {', '.join(SCRIPTS)}")


def script_share(text: str, scripts: Iterable[str]) -> float:
    """Return the share of the letters of a text, and the vowel signs among them, that are of some scripts.

    Args:
        text: Any text; without letters the share is 0.
        scripts: Names of `SCRIPTS`. Japanese is written in `han`, `hiragana` and `katakana`.

    Raises:
        ValueError: If there is no script of a name; the message lists those there are.

    Example:
        >>> script_share("Да, yes.", ["cyrillic"])
        0.4

    Reference: the first word of a character's name in the Unicode character database is its script.
    """
    check_scripts(scripts)
    counts = letters_by_script(text)
    return sum(counts.get(script, 0) for script in set(scripts)) / max(1, sum(counts.values()))


def letters_by_script(text: str) -> dict[str, int]:
    """Return how many letters of a text, and vowel signs among them, are of each script.

    Args:
        text: Any text.

    Example:
        >>> letters_by_script("Да, yes.")
        {'cyrillic': 2, 'latin': 3}
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    counts = np.bincount(_numbers()[np.minimum(codes, NUM_TABLED)], minlength=_OTHER + 1)[1:].tolist()
    return {script: count for script, count in zip((*SCRIPTS, "other"), counts, strict=True) if count}


@functools.cache
def _numbers() -> np.ndarray:
    """Return the number of each character's script, counted from 1; 0 of what is no letter."""
    names = {script.upper(): number for number, script in enumerate(SCRIPTS, 1)}
    names["CJK"] = names["HAN"]
    numbers = np.zeros(NUM_TABLED + 1, np.uint8)
    for code in range(NUM_TABLED):
        if (category := unicodedata.category(chr(code))[0]) in "LM":
            name = unicodedata.name(chr(code), "")
            first = re.split("[ -]", name.removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH "), maxsplit=1)[0]
            numbers[code] = names.get(first, _OTHER if category == "L" else 0)
    numbers[NUM_TABLED] = names["HAN"]
    return numbers
