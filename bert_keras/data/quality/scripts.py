"""Which script a text is written in, by the names of its letters, and which texts are not written as most are."""

import collections
import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, shortened

# Names that are written together, as Japanese writes three.
_TOGETHER = {"CJK": "Han", "HIRAGANA": "Han", "KATAKANA": "Han", "BOPOMOFO": "Han", "KANGXI": "Han"}
_MANY = 0.2  # of all texts: so many are no exception
_FEWEST_LETTERS = 3  # of another script, to call a text one of it
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+")  # which is Latin in every script
_LOOK_ALIKE = {"Latin", "Cyrillic", "Greek"}


def script_of(text: str) -> str | None:
    """Return the script of most letters of a text, None where there is no letter.

    Example:
        >>> script_of("Привет, Bob"), script_of("今日は good"), script_of("12:30")
        ('Cyrillic', 'Han', None)
    """
    counts = _counts(text)
    return max(counts, key=counts.get) if counts else None


def find_other_scripts(parts: Sequence[CheckedPart]) -> Iterator[Finding]:
    """Find texts in another script than most of all parts, and words of letters of two scripts that look alike.

    Args:
        parts: Parts of a task. Where a script has a fifth of the texts it is no exception.

    Example:
        >>> part = CheckedPart("train", (("good",),) * 9 + (("отлично",),), tuple("abcdefghij"), ("",) * 10)
        >>> [(found.place, found.what) for found in find_other_scripts([part])]
        [('j', 'in Cyrillic letters; 90% of all texts are in Latin')]
    """
    found = [[_script(_ADDRESS.sub("", " ".join(texts))) for texts in part.texts] for part in parts]
    counts = collections.Counter(script for some in found for script in some if script)
    if not counts:
        return
    most, _ = counts.most_common(1)[0]
    usual = {script for script, count in counts.items() if count >= _MANY * counts.total()} | {most}
    shown = f"{counts[most] / counts.total():.0%} of all texts are in {most}"
    for part, scripts in zip(parts, found, strict=True):
        for texts, place, script in zip(part.texts, part.places, scripts, strict=True):
            text = " ".join(texts)
            left_out = (place,) if part.name == "train" else ()
            if script and script not in usual:
                what = f"in {script} letters; {shown}"
                yield Finding("scripts", part.name, what, place, shortened(text), left_out=left_out)
            elif not text.isascii() and (mixed := _mixed_word(text)):
                what = f"the word {mixed[0]!r} has letters of {mixed[1]}"
                yield Finding("scripts", part.name, what, place, shortened(text))


def _script(text: str) -> str | None:
    """As `script_of`, but None where so few letters tell little."""
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else None
    counts = _counts(text)
    script = max(counts, key=counts.get) if counts else None
    return script if script in ("Latin", "Han") or counts.get(script, 0) >= _FEWEST_LETTERS else None


def _counts(text: str) -> collections.Counter:
    counts = collections.Counter()
    for character, count in collections.Counter(text).items():
        if script := _script_of_letter(character):
            counts[script] += count
    if "Han" in counts:  # one character says as much as a word of letters
        counts["Han"] *= 3
    return counts


def _mixed_word(text: str) -> tuple[str, str] | None:
    for word in _WORD.findall(text):
        if not word.isascii() and len(word) > 2:
            found = {script for character in word if (script := _script_of_letter(character))}
            if len(found) > 1 and found <= _LOOK_ALIKE:
                return word, " and ".join(sorted(found))
    return None


@functools.lru_cache(1 << 16)
def _script_of_letter(character: str) -> str | None:
    if not character.isalpha() or unicodedata.category(character) == "Lm":
        return None
    words = unicodedata.name(character, "").split()
    name = words[1] if words[:1] in (["FULLWIDTH"], ["HALFWIDTH"], ["MATHEMATICAL"]) and len(words) > 1 else (
        words[0] if words else ""
    )  # fmt: skip
    if not name or name in ("MASCULINE", "FEMININE", "MICRO", "DOUBLE-STRUCK", "SCRIPT", "BLACK-LETTER", "BOLD"):
        return None
    return _TOGETHER.get(name, name.capitalize())
