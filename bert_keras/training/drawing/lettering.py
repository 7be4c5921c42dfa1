"""Which font can write a name or a text, and what stands for one that none can write.

Pillow's own font has little more than ASCII's letters. Others are taken from the machine, where it has them.
"""

import functools
import unicodedata
from collections.abc import Sequence
from typing import Any

SIZE = 13  # of letters, in pixels
# Fonts that Linux, macOS and Windows come with, of most alphabets, and those of Chinese, Japanese and Korean. Pillow
# finds them by these names in the system's folders.
_FONTS = (
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "Arial Unicode.ttf",
    "PingFang.ttc", "Hiragino Sans GB.ttc", "arial.ttf", "msyh.ttc", "simsun.ttc",
)  # fmt: skip
_LEFTWARDS = ("R", "AL", "AN")  # what Pillow alone would write in the wrong order


def font_of(text: str, size: int = SIZE) -> Any:
    """Return the first font that has all letters of a text, Pillow's own before the machine's; that where none has.

    Args:
        text: One line.
        size: Height in pixels.
    """
    return _font_with_all(text, size) or _fonts(size)[0]


def is_drawable(text: str) -> bool:
    """Say whether some font here has all letters of a text, and they are written from left to right.

    Args:
        text: Any; line ends and the like are no letters.

    Example:
        >>> is_drawable("sport"), is_drawable("שלום")
        (True, False)
    """
    return _font_with_all(text, SIZE) is not None


def drawable(names: Sequence[str]) -> list[str]:
    """Return the names, each on one line, or numbers for those that no font here can write.

    Args:
        names: Labels or tokens.

    Example:
        >>> drawable(["sport", "שלום"])
        ['sport', '1']
    """
    return [one_line(name) if is_drawable(name) else str(number) for number, name in enumerate(names)]


def legend(names: Sequence[str]) -> str:
    """Return what says which names the numbers of `drawable` stand for, "" where there are none.

    Args:
        names: The same.

    Example:
        >>> legend(["sport", "שלום"])
        '1 = שלום'
    """
    return ", ".join(f"{number} = {name}" for number, name in enumerate(names) if not is_drawable(name))


def one_line(text: str) -> str:
    r"""Return a text as long, without line ends and what else has no letter, which Pillow cannot measure.

    Args:
        text: Any.

    Example:
        >>> one_line("two\nlines")
        'two lines'
    """
    return "".join(char if char.isprintable() else " " for char in text)


def width_of(text: str, size: int = SIZE) -> float:
    """Return how wide a text is, in pixels.

    Args:
        text: One line.
        size: Height in pixels.
    """
    return font_of(text, size).getlength(text)


def cut(text: str, width: int) -> str:
    """Return as much of a text's beginning as fits.

    Args:
        text: Any.
        width: In pixels.
    """
    if width_of(text) <= width:
        return text
    while text and width_of(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."


@functools.cache
def _fonts(size):
    """Return Pillow's own scalable font, and those of the machine."""
    from PIL import ImageFont

    found = [ImageFont.load_default(size)]
    for name in _FONTS:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:  # is not on this machine
            continue
    return found


def _font_with_all(text, size):
    letters = {*one_line(text)}
    if any(unicodedata.bidirectional(letter) in _LEFTWARDS for letter in letters):
        return None
    for number, font in enumerate(_fonts(size)):
        if all(_has_letter(number, letter) for letter in letters):
            return font
    return None


@functools.cache
def _has_letter(number, letter):
    font = _fonts(SIZE)[number]
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))  # the box for what is not there
