"""Characters that a wrong encoding has damaged, and what they were."""

import re

_LEADS = {2: range(0xC2, 0xE0), 3: range(0xE0, 0xF0), 4: range(0xF0, 0xF5)}  # first bytes of UTF-8, by their number


def _as_read(code: int) -> str:
    """Return a byte as programs read it that take UTF-8 for Windows' code page, which leaves a few bytes free."""
    try:
        return bytes([code]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(code)


_BYTE_OF = {_as_read(code): code for code in range(0x80, 0x100)} | {chr(code): code for code in range(0x80, 0xA0)}


def _one_of(codes) -> str:
    codes = {*codes}
    return "[" + "".join(re.escape(character) for character, code in _BYTE_OF.items() if code in codes) + "]"


_BEHIND = _one_of(range(0x80, 0xC0))
_TWO, _THREE, _FOUR = (f"{_one_of(codes)}{_BEHIND}{{{number - 1}}}" for number, codes in _LEADS.items())
# Two characters may stand beside each other by right, É and » of «LIBERTÉ»: one such pair tells only of Latin letters.
_LATIN = f"[\u00c2\u00c3]{_BEHIND}"
# Of letters beyond those a sign within a word tells, as RÄ«ga for Rīga; dashes and apostrophes may follow by right.
_SIGN = _one_of({_BYTE_OF[sign] for sign in "°±²³´µ¶¹º»¼½¾¿¡¢£¤¥¦§¨©ª«¬®¯‚„†‡‰‹›“”•™"})
_SIGN_IN_WORD = f"[\u00c4\u00c5]{_SIGN}(?=[a-zß-ÿ])"
_FIRST = f"{_LATIN}|{_SIGN_IN_WORD}|{_THREE}|{_FOUR}|{_TWO}(?=(?:{_TWO}|{_THREE}))"
_DAMAGED = re.compile(f"(?:{_FIRST})(?:{_TWO}|{_THREE}|{_FOUR})*")
_BYTE_OF_MACINTOSH = {bytes([code]).decode("mac_roman"): code for code in range(0x80, 0x100)}
_BEHIND_ON_MACINTOSH = "".join(map(re.escape, [bytes([code]).decode("mac_roman") for code in range(0x80, 0xC0)]))
# Of the Macintosh's code page quotation marks and Latin letters alone; the word ‚Ärger begins as the former do.
_DAMAGED_ON_MACINTOSH = re.compile(f"(?:(?:‚Ä|√)[{_BEHIND_ON_MACINTOSH}])+")
# The unbreakable blank of a damaged à, which somebody has made a common one: voilÃ la.
_DAMAGED_BEFORE_BLANK = re.compile("(?<![A-ZÀ-Þ])Ã(?= [a-zß-ÿ])")
_LOST = re.compile(
    "\ufffd+|锟斤拷|\u00ef\u00bf\u00bd|\u00e2\u20ac|‚Ä(?![a-zß-ÿ]{2})"
)  # of what cannot be found out any more


def damaged_characters(text: str) -> tuple[str, str] | None:
    """Find characters that UTF-8 becomes where it is read as another encoding, or those for bytes that were lost.

    Args:
        text: Any text.

    Returns:
        The characters, and what they were, which is empty where nobody can tell; None if all is well.

    Example:
        >>> damaged_characters("a cafÃ© in Lyon"), damaged_characters("a caf\ufffd"), damaged_characters("«LIBERTÉ»")
        (('Ã©', 'é'), ('�', ''), None)

    Reference:
        The idea of ftfy, Speer 2019, https://doi.org/10.5281/zenodo.2591652
    """
    if text.isascii():
        return None
    for pattern, byte_of in ((_DAMAGED, _BYTE_OF), (_DAMAGED_ON_MACINTOSH, _BYTE_OF_MACINTOSH)):
        if not (match := pattern.search(text)):
            continue
        try:
            before = bytes(byte_of[character] for character in match[0]).decode().replace("\ufffd", "")
        except UnicodeDecodeError:  # overlong, or half a surrogate pair
            continue
        while (again := damaged_characters(before)) and again[1]:  # damaged more than once
            before = before.replace(*again)
        if before:
            return match[0], before
    if match := _DAMAGED_BEFORE_BLANK.search(text):
        return match[0], "à"
    lost = _LOST.search(text)
    return (lost[0], "") if lost else None
