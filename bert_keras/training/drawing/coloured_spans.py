"""Texts with their places marked in colour, each with its label below: entities, answers, and what is said of them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_keras.training.drawing.lettering import SIZE, cut, font_of, one_line, width_of

Colour = tuple[int, int, int]
Place = tuple[int, int, str, str]  # first character, the one behind the last, label, and which colour
_GAP = 8
_LINE, _LABEL, _BAR = SIZE + 6, 10, 3  # heights of a line, of a label's letters, and of what is drawn under words
_LEVEL = _BAR + _LABEL + 5  # of a mark below another
_TINT = 0.22  # how much of a mark's colour lies behind its words


@dataclasses.dataclass
class _Bar:
    """What is drawn of a mark under one line; of its label only under the first."""

    begin: float
    end: float
    label: str
    colour: Colour
    label_begin: float = 0.0
    level: int = 0


def coloured_spans(
    texts: Sequence[str],
    places: Sequence[Sequence[Place]],
    colours: Mapping[str, Colour],
    *,
    headings: Sequence[str] | None = None,
    title: str = "",
    width: int = 600,
) -> np.ndarray:
    """Draw texts below one another, with a bar and a label under each of their places.

    Places may overlap and be nested: their bars then stand below each other.

    Args:
        texts: Of letters that a font here has: `is_drawable` tells.
        places: Of each text: the first character, the one behind the last, a label, and one of the colours' names.
        colours: {name: red, green and blue}, which the picture explains above the texts.
        headings: What stands above each text, such as a question; None for nothing.
        title: What stands above all, in as many lines as it takes.
        width: Of the picture, in pixels. TensorBoard shows it half as wide until one clicks on it.

    Returns:
        (height, width, 3) uint8 array.

    Raises:
        ValueError: If there are not as many places or headings as texts, or a place is not in its text.

    Example:
        >>> image = coloured_spans(["Ada slept"], [[(0, 3, "person", "right")]], {"right": (0, 90, 180)})
        >>> image.dtype, image.shape[1:]
        (dtype('uint8'), (600, 3))
    """
    from PIL import Image, ImageDraw

    for name, some in (("places", places), ("headings", headings)):
        if some is not None and len(some) != len(texts):
            raise ValueError(f"Expected {name} of {len(texts)} texts, received those of {len(some)}.")
    room = width - 2 * _GAP
    titles = [title[begin:behind] for begin, behind in _lines(title, font_of(title), room)]
    middle = _GAP + _LINE * len(titles) + _LINE // 2  # of the explanation of the colours
    top = middle + _LINE // 2 + _GAP
    drawn, rules = [], []  # (top, text, font, bars) of each line; where one text ends and the next begins
    for number, text in enumerate(texts):
        for start, end, *_ in places[number]:
            if not 0 <= start < end <= len(text):
                raise ValueError(f"Expected places in a text of {len(text)} characters, received {start} to {end}.")
        rules.append(top)
        top += _GAP
        if headings is not None:
            heading = cut(one_line(headings[number]), room)
            drawn.append((top, heading, font_of(heading), None))
            top += _LINE
        text = one_line(text)
        font = font_of(text)
        for begin, behind in _lines(text, font, room):
            bars = _bars(text, begin, behind, places[number], colours, font, room)
            drawn.append((top, text[begin:behind], font, bars))
            top += _LINE + _LEVEL * (1 + max((bar.level for bar in bars), default=-1))
        top += _GAP
    image = Image.new("RGB", (width, top), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(titles):
        draw.text((_GAP, _GAP + _LINE * number + _LINE // 2), line, "black", font_of(title), anchor="lm")
    left = _GAP
    for name, colour in colours.items():
        draw.rectangle((left, middle - 5, left + 10, middle + 5), fill=colour)
        draw.text((left + 15, middle), name, "black", font_of(name), anchor="lm")
        left += 30 + int(width_of(name))
    for height in rules:
        draw.line((_GAP, height, width - _GAP, height), fill="lightgrey")
    for height, line, font, bars in drawn:
        for bar in bars or ():  # behind the letters
            box = (_GAP + bar.begin, height, _GAP + bar.end, height + _LINE - 2)
            draw.rectangle(box, fill=tuple(round(255 - _TINT * (255 - part)) for part in bar.colour))
        colour = "dimgrey" if bars is None else "black"
        draw.text((_GAP, height + _LINE // 2 - 1), line, colour, font, anchor="lm")
        for bar in bars or ():
            below = height + _LINE - 1 + bar.level * _LEVEL
            draw.rectangle((_GAP + bar.begin, below, _GAP + bar.end, below + _BAR - 1), fill=bar.colour)
            place = (_GAP + bar.label_begin, below + _BAR + _LABEL // 2 + 1)
            draw.text(place, bar.label, bar.colour, font_of(bar.label, _LABEL), anchor="lm")
    return np.asarray(image)


def _lines(text: str, font: Any, room: float) -> list[tuple[int, int]]:
    """Part a text into lines, (first character, the one behind the last), at spaces where it has some."""
    widths = {char: font.getlength(char) for char in {*text}}
    edges = np.cumsum([0, *(widths[char] for char in text)])
    lines, begin = [], 0
    while begin < len(text):
        behind = max(begin + 1, int(np.searchsorted(edges, edges[begin] + room, side="right")) - 1)
        space = text.rfind(" ", begin, behind)
        if behind < len(text) and space > begin:
            behind = space + 1
        lines.append((begin, behind))
        begin = behind
    return lines


def _bars(text, begin, behind, places, colours, font, room) -> list[_Bar]:
    """Return what is drawn under a line, so that no two touch."""
    bars, ends = [], []  # of each level, how far it is taken
    for start, end, label, name in sorted(places, key=lambda place: (place[0], -place[1])):
        if start >= behind or end <= begin:
            continue
        first, last = (font.getlength(text[begin : min(max(edge, begin), behind)]) for edge in (start, end))
        bar = _Bar(first, last - 1, cut(one_line(label), room) if start >= begin else "", colours[name])
        size = width_of(bar.label, _LABEL)
        bar.label_begin = max(0, min(first, room - size))
        left, right = min(first, bar.label_begin), max(last, bar.label_begin + size)
        bar.level = next((level for level, taken in enumerate(ends) if taken <= left), len(ends))
        ends[bar.level : bar.level + 1] = [right + _GAP / 2]
        bars.append(bar)
    return bars
