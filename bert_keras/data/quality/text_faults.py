"""What is wrong with the characters of texts: damaged, unseen, markup, or none that say anything."""

import collections
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from bert_keras.data.files.cells import SAYS_MISSING
from bert_keras.data.files.damaged_characters import damaged_characters
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, shortened

_TAGS = "a b i u p br hr em h[1-6] li ol ul td tr th div img pre sub sup span font body html head table style script"
_MARKUP = re.compile(
    rf"</?(?:{_TAGS.replace(' ', '|')})(?:\s[^<>=]{{0,40}}=[^<>]{{0,200}})?\s?/?>"
    r"|&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});|<!--|<!\[CDATA\[|-[lr][rsc]b-|\\u[0-9a-f]{4}|\\[nrt](?=\s|$|\\)|\[/?(?:url|img|quote)\b",
    re.IGNORECASE,
)
_MOST_KINDS = 3  # of tags or characters that are named
_ASCII_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Joiners of emoji and of scripts that need them, and marks that set the direction of Arabic and Hebrew, are none.
_UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLACEHOLDER = re.compile(
    r"lorem ipsum.*|test|todo|tbd|xxx+|asdf\w*|qwerty|foo|bar|dummy|placeholder|empty|none|null|nan|n/?a|no text"
    r"|deleted|removed|blank|unknown|sample text|your text here|无|空|测试",
    re.IGNORECASE,
)
_WORD_CHARACTER = re.compile(r"\w")


def find_text_faults(parts: Sequence[CheckedPart]) -> Iterator[Finding]:
    """Find texts whose characters are not what somebody wrote.

    That is "damaged_characters", "control_characters", "markup" and "placeholders", texts that say nothing.

    Args:
        parts: Parts of a task; every text of an example is looked at.

    Example:
        >>> part = CheckedPart("train", (("a cafÃ©<br />",),), ("a.tsv:1",), ("",))
        >>> [found.check for found in find_text_faults([part])]
        ['damaged_characters', 'markup']
    """
    for part in parts:
        for texts, place in zip(part.texts, part.places, strict=True):
            for check, look in _LOOKS.items():
                for text in texts:
                    if what := look(text):
                        left_out = (place,) if part.is_train else ()
                        yield Finding(check, part.name, what, place, shortened(text), left_out=left_out)
                        break


def _damage(text: str) -> str | None:
    found = damaged_characters(text)
    if not found:
        return None
    characters, before = found
    return f"{characters[:20]!r} was {before[:20]!r}" if before else f"{characters[:20]!r} for what was lost"


def _controls(text: str) -> str | None:
    if text.isascii():
        found = _ASCII_CONTROLS.findall(text)
    else:
        found = [
            character
            for character in text
            if not character.isprintable()
            and (character in _UNSEEN or unicodedata.category(character) in ("Cc", "Co", "Cs", "Cn"))
            and character not in "\t\n\r"
        ]
    return _counted(map(_named, found))


def _counted(found: Iterable[str]) -> str | None:
    counts = collections.Counter(found).most_common()
    more = f" and {len(counts) - _MOST_KINDS} others" if len(counts) > _MOST_KINDS else ""
    return ", ".join(f"{count} of {what}" for what, count in counts[:_MOST_KINDS]) + more or None


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _markup(text: str) -> str | None:
    if not ("<" in text or "&" in text or "-" in text or "\\" in text or "[" in text):
        return None
    found = _MARKUP.findall(text)
    return _counted(repr(some[:40]) for some in found)


def _placeholder(text: str) -> str | None:
    if text.strip().lower() in SAYS_MISSING:
        return "says that there is no text"
    first = _WORD_CHARACTER.search(text)
    if first is None:
        return "no letter and no figure"
    end = len(text) - next(n for n, character in enumerate(reversed(text)) if _WORD_CHARACTER.match(character))
    # Punctuation around it is passed over here: a pattern takes the square of a long line's time for that.
    return "stands for a text" if _PLACEHOLDER.fullmatch(text, first.start(), end) else None


_LOOKS: dict[str, Callable[[str], str | None]] = {
    "damaged_characters": _damage,
    "control_characters": _controls,
    "markup": _markup,
    "placeholders": _placeholder,
}
