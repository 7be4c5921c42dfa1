"""What Pillow's own font can write, and what stands for a name that it cannot."""

import functools
from collections.abc import Sequence
from typing import Any

SIZE = 13  # of letters, in pixels


@functools.cache
def font(size: int = SIZE) -> Any:
    """Return Pillow's own scalable font, which has ASCII's letters alone.

    Args:
        size: Height in pixels.
    """
    from PIL import ImageFont

    return ImageFont.load_default(size)


def drawable(names: Sequence[str]) -> list[str]:
    """Return the names, or numbers for those that the font cannot write, such as Chinese ones and those with accents.

    Args:
        names: Labels or tokens.

    Example:
        >>> drawable(["sport", "体育"])
        ['sport', '1']
    """
    return [name if all(map(_has_letter, name)) else str(number) for number, name in enumerate(names)]


def legend(names: Sequence[str]) -> str:
    """Return markdown that says which names the numbers of `drawable` stand for, "" where there are none.

    Args:
        names: The same.

    Example:
        >>> legend(["sport", "体育", "财经"])
        '1 = 体育, 2 = 财经'
    """
    shown = enumerate(zip(names, drawable(names)))
    return ", ".join(f"{number} = {name}" for number, (name, drawn) in shown if name != drawn)


def cut(text: str, width: int) -> str:
    """Return as much of a text's beginning as fits.

    Args:
        text: Any.
        width: In pixels.
    """
    if font().getlength(text) <= width:
        return text
    while text and font().getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."


@functools.cache
def _has_letter(letter):
    return bytes(font().getmask(letter)) != bytes(font().getmask("\uffff"))  # the box for what is not there
